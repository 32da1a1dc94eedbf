"""The frame around every page: menu, name, language, title, and what has to be said about the link."""

from pathlib import Path

import streamlit as st

from pages.ui import runs, state, words
from pages.ui.contact import keep_contact
from pages.ui.diffusion.words import part_name
from pages.ui.foreign import plain, quoted
from pages.ui.language import N_, _, choose_language, number, switch_language, told
from pages.ui.widget_words import translate_widgets

__all__ = ["MENU", "navigate", "open_page", "pages_there", "show_notices"]

PAGES = Path(__file__).parents[1]
PICTURES = PAGES.parent / "assets" / "pictures"
STYLES = PAGES.parent / "assets" / "styles"
DELETED = "_deleted"  # the page that says which recordings have given way, and their sizes

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

IN_PARTS = ("diffusion",)  # each of whose parts has runs of its own
PLACES = {  # the names under which pages keep their runs -> the file, and what else the address says
    "digits": ("digits.py", {}), "playground": ("playground.py", {}), "recurrent": ("recurrent.py", {}),
    "transformer": ("transformer.py", {}), "diffusion": ("diffusion.py", {"part": "digits"}),
    "diffusion_plane": ("diffusion.py", {"part": "plane"}),
}


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
    if st.session_state["_page"] not in IN_PARTS:
        show_run_elsewhere(st.session_state["_page"])
    return actions


def show_run_elsewhere(page: str) -> None:
    """Say of a run in the link that the page (or its part of that name) cannot show what it is, and offer its page."""
    runs.leave_elsewhere(page)
    if (found := runs.found_elsewhere(page)) is None:
        return
    view, name = found
    file, part = PLACES[name]
    title = _(next(title for _group, there, title in MENU if there == file))
    title = " · ".join([title, *map(part_name, part.values())])
    said = _("The run in the link ({state}, step {step}) is one of the page {page}, not of this one.")
    st.info(said.format(state=_(runs.STATES[view.state]), step=number(view.step), page=f"**{title}**"),
            icon=":material/route:")
    st.page_link(f"pages/{file}", label=_("Open the run there"), icon=":material/arrow_forward:",
                 query_params={**part, "run": view.id})


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
        said = [line.format(field=plain(words.field_name(mend.field)), used=quoted(mend.used),
                            given=told(mend.error) if mend.error else quoted(mend.given)) for mend in mends]
        st.info("\n".join([_("Some settings in the link could not be used:"), "", *said]), icon=":material/link:")
    if text := state.announced(page):
        st.info(text, icon=":material/route:")
    _say_deleted(page)
    if state.run_was_unknown(page):
        st.info(_("The link names a run that is not here (any more). Press Train to start one of your own."),
                icon=":material/link_off:")


def _say_deleted(page: str) -> None:
    """Say which recordings gave way to the visitor's newer ones, until another page is opened."""
    if sizes := state.engine().take_deleted(state.visitor()):
        st.session_state[DELETED] = page, sizes
    where, sizes = st.session_state.get(DELETED, ("", []))
    if where == page:
        st.info(_("Your recordings may take {limit} MiB together here. To make room, your oldest ones were deleted: "
                  "{count} ({size} MiB).").format(limit=number(state.engine().limits.recordings),
                                                  count=number(len(sizes)), size=number(sum(sizes) / 2**20)),
                icon=":material/delete_sweep:")


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
    translate_widgets()
    keep_contact()
    state.engine()
    with st.sidebar.container(key="shell_language"):
        switch_language()
