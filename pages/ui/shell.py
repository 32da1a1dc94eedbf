"""The frame around every page: menu, name, language, title, and what has to be said about the link."""

from pathlib import Path

import streamlit as st

from pages.ui import state, words
from pages.ui.contact import keep_contact
from pages.ui.language import N_, _, choose_language, switch_language
from pages.ui.widget_words import translate_widgets

__all__ = ["MENU", "navigate", "open_page", "pages_there", "show_notices"]

PAGES = Path(__file__).parents[1]
PICTURES = PAGES.parent / "assets" / "pictures"
STYLES = PAGES.parent / "assets" / "styles"

# (group, file, title) in teaching order; a row whose file is not there yet is left out
MENU = (
    ("", "home.py", N_("Home")),
    (N_("Basics"), "neuron.py", N_("Neuron")),
    (N_("Basics"), "backprop.py", N_("Backpropagation")),
    (N_("Basics"), "playground.py", N_("Playground")),
    (N_("Images"), "convolution.py", N_("Convolution")),
    (N_("Images"), "digits.py", N_("Digits")),
    (N_("Images"), "saliency.py", N_("Saliency")),
    (N_("Sequences"), "recurrent.py", N_("Recurrent")),
    (N_("Sequences"), "transformer.py", N_("Transformer")),
    (N_("Generation"), "diffusion.py", N_("Diffusion")),
)


def pages_there() -> list[tuple[str, str, str]]:
    """Return the rows of the menu whose pages exist."""
    return [row for row in MENU if (PAGES / row[1]).exists()]


def navigate() -> st.Page:
    """Draw the frame and return the page that the address asks for; app.py runs it."""
    st.session_state["_routed"] = True
    choose_language()
    page = st.navigation(_menu(), expanded=True)
    st.session_state["_page"] = page.url_path
    state.leave_found(page.url_path)
    _draw_frame(page)
    return page


def open_page(title: str, lead: str):
    """Begin a page: its title, one sentence on what to do, and to their right the place for its buttons."""
    if not st.session_state.pop("_routed", False):
        _route_again()
    with st.container(key="shell_head", horizontal=True, vertical_alignment="bottom"):
        with st.container(key="shell_title", gap=None):
            st.title(title, anchor=False)
            st.markdown(lead)
        actions = st.container(key="shell_actions", horizontal=True, horizontal_alignment="right", width="content",
                               vertical_alignment="center")
    if text := state.found(st.session_state["_page"])[0]:
        st.info(text, icon=":material/search:")
    return actions


def _route_again() -> None:
    """Begin anew through app.py: a deep link was the first request of this server, and the page ran without it.

    Drawn as it is, the page would lose the first click: its widgets have other names once app.py runs it.
    """
    navigate()
    st.session_state.pop("_routed")
    if not st.session_state.get("_routed_again"):
        st.session_state["_routed_again"] = True
        st.rerun()


def show_notices(page: str) -> None:
    """Say what a link held that could not be used, until the visitor changes it."""
    if mends := state.mended(page):
        line = _("- **{field}** was {given}; now it is {used}.")
        said = [line.format(field=words.field_name(mend.field), given=_code(mend.given), used=_code(mend.used))
                for mend in mends]
        st.info("\n".join([_("Some settings in the link could not be used:"), "", *said]), icon=":material/link:")
    if text := state.announced(page):
        st.info(text, icon=":material/route:")
    if state.run_was_unknown(page):
        st.info(_("The link names a run that is not here (any more). Press Train to start one of your own."),
                icon=":material/link_off:")


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', ' ').split()) or '—'}`"


def _menu() -> dict[str, list]:
    groups: dict[str, list] = {}
    for group, file, title in pages_there():
        page = st.Page(PAGES / file, title=_(title), default=file == "home.py")
        groups.setdefault(_(group), []).append(page)
    return groups


def _draw_frame(page: st.Page) -> None:
    disc, theme = str(PICTURES / "disc.svg"), "dark" if st.context.theme.type == "dark" else "light"
    st.set_page_config(page_title=f"{page.title} · Derin", page_icon=disc, layout="wide")
    st.logo(str(PICTURES / f"name-{theme}.svg"), size="large", icon_image=disc)
    for style in sorted(STYLES.glob("*.css")):
        st.html(style)
    state.identify()
    translate_widgets()
    keep_contact()
    state.engine()
    with st.sidebar.container(key="shell_language"):
        switch_language()
