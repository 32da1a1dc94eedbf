"""Which language a visitor reads, and how numbers are written in it."""

import pytest
import streamlit as st

from dlcore.errors import DerinError
from pages.ui import language as words


@pytest.fixture
def speaking(monkeypatch):
    def speak(spoken: str) -> None:
        monkeypatch.setattr(words, "language", lambda: spoken)

    return speak


@pytest.mark.parametrize(("spoken", "written"), [("en", "60,000"), ("tr", "60.000")])
def test_thousands_are_grouped_as_the_language_does(speaking, spoken, written):
    speaking(spoken)
    assert words.number(60000) == written


@pytest.mark.parametrize(("spoken", "written"), [("en", "98.7%"), ("tr", "%98,7")])
def test_percent_stands_where_the_language_puts_it(speaking, spoken, written):
    speaking(spoken)
    assert words.percent(0.987) == written


@pytest.mark.parametrize(("spoken", "written"), [("en", "1.5 of 3"), ("tr", "1,5 of 3")])
def test_an_error_writes_its_fractions_as_the_language_does(speaking, spoken, written):
    speaking(spoken)
    assert words.told(DerinError("{part:.1f} of {all}", part=1.52, all=3)) == written


@pytest.mark.parametrize(("spoken", "written"), [("en", "(1,600+1)·10"), ("tr", "(1.600+1)·10")])
def test_a_formula_writes_its_thousands_as_the_language_does(speaking, spoken, written):
    speaking(spoken)
    assert words.localise("(1,600+1)·10") == written


def test_an_unknown_text_is_said_in_english(speaking):
    speaking("tr")
    assert words._("a text that nobody translated") == "a text that nobody translated"


def test_an_empty_text_stays_empty(speaking):
    """gettext answers it with the header of its file."""
    speaking("tr")
    assert words._("") == ""


@pytest.mark.parametrize(("locale", "spoken"), [("tr", "tr"), ("tr-TR", "tr"), ("tr_CY", "tr"), ("en-GB", "en"),
                                                ("de-DE", "en"), ("TR", "tr"), ("", "en")])
def test_the_browser_decides_at_first(app_test, locale, spoken):
    assert app_test(locale=locale).session_state["_language"] == spoken


def test_the_address_wins_over_the_browser(app_test):
    assert app_test(locale="tr-TR", lang="en").session_state["_language"] == "en"


@pytest.mark.parametrize("nonsense", ["xx", "", "../../etc/passwd", "tr" * 5000])
def test_an_unknown_language_in_the_address_is_dropped(app_test, nonsense):
    app = app_test(locale="tr-TR", lang=nonsense)
    assert app.session_state["_language"] == "tr"
    assert "lang" not in app.query_params


def test_the_switch_changes_the_page_and_the_address(app_test):
    app = app_test(locale="en-US")
    before = app.title[0].value
    app.button_group(key="shell.language").set_value("tr").run()
    assert app.query_params["lang"] == "tr"
    assert app.title[0].value not in ("", before)


def test_the_choice_outlives_an_address_without_it(app_test):
    """A page switch drops the parameters of the address."""
    app = app_test(locale="en-US", lang="tr")
    app.query_params.clear()
    app.run()
    assert app.query_params["lang"] == "tr"


def test_both_lessons_of_a_page_can_be_read(speaking):
    for spoken in words.LANGUAGES:
        speaking(spoken)
        assert words.lesson("home").startswith("## ")


def test_the_language_is_that_of_the_session(monkeypatch):
    monkeypatch.setattr(st, "session_state", {"_language": "tr"})
    assert words.language() == "tr"


def test_a_setting_is_written_as_short_as_it_is_in_each_language():
    with words.speaking("en"):
        assert [words.short(value) for value in (0.003, 3.0, 1e-5)] == ["0.003", "3", "1e-05"]
    with words.speaking("tr"):
        assert [words.short(value) for value in (0.003, 3.0, 1e-5)] == ["0,003", "3", "1e-05"]


@pytest.mark.parametrize(("locale", "summary"), [("en-US", "AdamW · 0.003 · 128"), ("tr-TR", "AdamW · 0,003 · 128")])
def test_a_learning_rate_reads_as_the_other_numbers_of_the_page_do(app_test, locale, summary):
    app = app_test("digits.py", locale=locale, experiment='{"kind":"experiment","training":{"learning_rate":0.003}}')
    assert any(summary in one.label for one in app.sidebar.expander)
