"""What a page says of a run whose loss came to no number, and the way back to before it."""

import pytest

from dlcore.specs.codec import to_link
from tests.conftest import wait_until
from tests.dlcore.training.test_divergence import CELL, LETTERS, PICTURES, PLANE

PAGES = {"digits": PICTURES, "playground": PLANE, "recurrent": CELL, "transformer": LETTERS}


def failed(engine, spec, owner: str = "somebody") -> str:
    """Return a run that has failed."""
    run = engine.start_run(spec, owner)
    wait_until(lambda: engine.view(run).state in ("failed", "finished"), 120, "the run did not end")
    assert engine.view(run).state == "failed"
    return run


@pytest.mark.parametrize("page", PAGES)
def test_the_step_and_the_setting_are_named_in_both_languages_and_the_slider_leads_back(page, app_test, awake):
    run = failed(awake, PAGES[page])
    view = awake.view(run)
    step = view.events[-1]["step"]
    link = {"experiment" if page == "digits" else page: to_link(PAGES[page])}
    for lang, said, rate in (("tr", f"{step}. adımda kayıp sayı olmaktan çıktı", "öğrenme oranı 10"),
                             ("en", f"At step {step} the loss came to no number", "learning rate 10")):
        app = app_test(f"{page}.py", run=run, lang=lang, **link)
        warnings = [one.value for one in app.warning]
        assert sum(said in one and rate in one for one in warnings) == 1 == len(warnings)
    app.session_state[f"{page}.rewind"] = {"at": view.snapshots[0]}
    app.run().select_slider(key=f"{page}.learning_rate").set_value(0.001).run()
    app.button(key=f"{page}.train_on").click().run()
    again = app.query_params["run"]
    assert again != run and awake.view(again).parent == (run, view.snapshots[0]) and not app.exception
    wait_until(lambda: awake.view(again).step > step, 120, "the run did not go on")
    assert awake.view(again).state in ("running", "finished")
    assert [one.value for one in app.run().warning] == []
    assert awake.view(run).state == "failed"
