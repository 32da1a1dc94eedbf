"""The home page: alive before the engine is, with a card for each page and pictures that the network computed."""

import numpy as np
import pytest

from dlcore.errors import EngineAsleep
from tests.conftest import wait_until


def said(app) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption])


@pytest.fixture(autouse=True)
def no_pictures_yet():
    """The pictures of the cards are kept for the whole server."""
    import streamlit as st

    st.cache_resource.clear()


def test_the_page_is_there_while_the_engine_is_still_waking(app_test, engine, monkeypatch):
    def asleep(*_arguments, **_named):
        raise EngineAsleep("asleep")

    monkeypatch.setattr(engine, "explain", asleep)
    app = app_test()
    assert "waking" in said(app)
    assert app.title[0].value == "See deep learning happen"


def test_the_page_says_in_turkish_that_the_engine_is_waking(app_test, engine, monkeypatch):
    def asleep(*_arguments, **_named):
        raise EngineAsleep("asleep")

    monkeypatch.setattr(engine, "explain", asleep)
    assert "uyanıyor" in said(app_test(locale="tr-TR"))


def test_the_cards_picture_is_what_the_pretrained_network_holds(app_test, awake):
    from dlcore.data.images import load_test

    image = load_test("mnist").test_images[0]
    wait_until(lambda: awake.explain("test", {"kind": "moment", "model": {"pretrained": "digits"}, "image": image}), 30,
               "the explainer did not answer")
    app = app_test()
    assert "waking" not in said(app)
    filters = awake.explain("test", {"kind": "moment", "model": {"pretrained": "digits"}, "image": image})["filters"]
    assert np.isfinite(filters).all() and filters.std() > 0
    assert len(app.get("bidi_component")) >= 2  # who the visitor is, and the filters


@pytest.mark.parametrize(("locale", "heading"), [("en-US", "## What happens here"), ("tr-TR", "## Burada ne oluyor?")])
def test_the_page_explains_itself_in_both_languages(app_test, locale, heading):
    assert heading in said(app_test(locale=locale))
