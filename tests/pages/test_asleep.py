"""The pages that look inside a network while the engine cannot answer yet: they wait, and say so."""

import pytest

from dlcore.errors import EngineAsleep
from dlcore.specs.codec import to_link
from dlcore.specs.convolution import Convolution
from dlcore.specs.saliency import Saliency
from dlcore.specs.subject import Subject

VIEWS = ("layers", "bench", "filters", "shift", "locality")
TABS = ("Along the training", "What would change its mind", "Who taught it this", "PyTorch code", "About this page")


@pytest.fixture
def asleep(engine, monkeypatch):
    def explain(*_asked, **_how):
        raise EngineAsleep("The engine is waking up: about {seconds} s left.", seconds=3)
    monkeypatch.setattr(engine, "explain", explain)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_convolution_page_stands_while_the_engine_sleeps(app_test, asleep, view):
    app_test("convolution.py", convolution=to_link(Convolution(view=view, subject=Subject(network="pretrained"))))


def test_every_tab_of_the_saliency_page_stands_while_the_engine_sleeps(app_test, asleep):
    app = app_test("saliency.py", saliency=to_link(Saliency(subject=Subject(network="pretrained"))))
    for tab in TABS:
        app.session_state["saliency.closer"] = tab
        app.run()
        app.run()  # AppTest opens a tab at the second run only
        assert not app.exception, tab
