"""What the visitor reads: English or Turkish, chosen in the sidebar, by the browser at first.

A text in the code is English inside `_()`; its Turkish stands in assets/locale/tr/LC_MESSAGES/derin.po. Longer
explanations are Markdown, one file a page and language, in assets/lessons.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from string import Formatter

import streamlit as st

from dlcore.errors import N_, DerinError
from pages.ui.foreign import one_line, plain

__all__ = ["LANGUAGES", "N_", "_", "choose_language", "language", "lesson", "localise", "ngettext", "number",
           "percent", "short", "speaking", "switch_language", "told"]

ASSETS = Path(__file__).parents[2] / "assets"
LANGUAGES = {"en": "English", "tr": "Türkçe"}
PARAMETER = "lang"
CHOSEN, SHOWN, WIDGET = "_language_chosen", "_language", "shell.language"

_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def _(text: str) -> str:
    """Return a text in this session's language."""
    return translations(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form of a text that goes with `n` things, in this session's language."""
    return translations(language()).ngettext(one, many, n)


def told(error: DerinError, markdown: bool = True) -> str:
    """Return what an error says, in this session's language: as Markdown, or as it stands for our own scripts."""
    return _Localised(markdown).vformat(_(error.template), (), error.values)


class _Localised(Formatter):
    """Fills the places of a text with numbers as the language writes them, and with what may come from anywhere."""

    def __init__(self, markdown: bool):
        self.markdown = markdown

    def format_field(self, value: object, spec: str) -> str:
        written = super().format_field(value, spec)
        if isinstance(value, (int, float)):
            return localise(written)
        return plain(written) if self.markdown else one_line(written)


def localise(written: str) -> str:
    """Return English numbers, alone or in a formula, as this session's language writes them."""
    return written.translate(str.maketrans(",.", ".,")) if language() == "tr" else written


def language() -> str:
    """Return this session's language, "en" or "tr", as the frame of the page last chose it."""
    return _spoken.get() or st.session_state.get(SHOWN) or choose_language()


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Speak a language outside the runs of a script."""
    before = _spoken.set(spoken)
    try:
        yield
    finally:
        _spoken.reset(before)


def choose_language() -> str:
    """Settle this session's language: the one in the address bar, else the chosen one, else the browser's."""
    asked, chosen = st.query_params.get(PARAMETER), st.session_state.get(CHOSEN)
    if asked in LANGUAGES:
        chosen = asked
    elif chosen or asked is not None:
        _keep_in_address(chosen)
    st.session_state[CHOSEN] = chosen
    st.session_state[SHOWN] = chosen or _browser_language()
    return st.session_state[SHOWN]


def _keep_in_address(chosen: str | None) -> None:
    if chosen:
        st.query_params[PARAMETER] = chosen
    else:
        del st.query_params[PARAMETER]


def _browser_language() -> str:
    spoken = (st.context.locale or "en").replace("_", "-").split("-")[0].lower()
    return spoken if spoken in LANGUAGES else "en"


def switch_language() -> None:
    """Draw the switch between the languages."""
    st.session_state[WIDGET] = language()
    st.segmented_control(_("Language"), list(LANGUAGES), format_func=LANGUAGES.get, key=WIDGET, required=True,
                         on_change=_take_choice, label_visibility="collapsed")


def _take_choice() -> None:
    if st.session_state.get(WIDGET) in LANGUAGES:
        st.query_params[PARAMETER] = st.session_state[WIDGET]
        choose_language()


def number(value: float, digits: int = 0) -> str:
    """Write a number with `digits` decimals: 60,000 and 98.7 in English, 60.000 and 98,7 in Turkish."""
    return localise(f"{value:,.{digits}f}")


def short(value: float) -> str:
    """Write a number with as few digits as it has: 0.003 and 3 in English, 0,003 and 3 in Turkish."""
    return localise(f"{value:g}")


def percent(share: float, digits: int = 1) -> str:
    """Write a share of one in hundredths: 0.987 is 98.7% in English, %98,7 in Turkish."""
    written = number(100 * share, digits)
    return f"%{written}" if language() == "tr" else f"{written}%"


def lesson(name: str) -> str:
    """Return a page's longer explanation as Markdown, in this session's language."""
    return read_lesson(language(), name)


@cache
def read_lesson(spoken: str, name: str) -> str:
    """Return the Markdown of a page's lesson in a language."""
    return (ASSETS / "lessons" / spoken / f"{name}.md").read_text(encoding="utf-8")


@cache
def translations(spoken: str) -> NullTranslations:
    """Return a language's texts; English ones stand in the code."""
    if spoken == "en":
        return NullTranslations()
    with open(ASSETS / "locale" / spoken / "LC_MESSAGES" / "derin.mo", "rb") as file:
        return GNUTranslations(file)
