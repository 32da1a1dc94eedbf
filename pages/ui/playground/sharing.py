"""What is shown of the Playground page: switches of the plane, and the groups that a teacher hides in a link of hers.

Both are parameters of the address beside the spec: `show=test,discrete` and `hide=data,training`.
"""

from urllib.parse import urlencode

import streamlit as st

from dlcore.specs.codec import to_link
from pages.ui import state
from pages.ui.language import N_, _, language

SHOW, HIDE = "show", "hide"
SWITCHES = ("test", "discrete")
GROUPS = {  # group of controls -> what the teacher reads
    "data": N_("Data"), "points": N_("Own points on the plane"), "features": N_("Features"),
    "network": N_("Layers, neurons, weights by hand"), "training": N_("Training"), "seeds": N_("Five seeds"),
    "code": N_("PyTorch code"),
}


def is_shown(page: str, switch: str) -> bool:
    """Whether a switch of the plane is on."""
    return switch in _listed(page, SHOW, SWITCHES)


def show(page: str, switch: str, on: bool) -> None:
    """Turn a switch of the plane."""
    others = [name for name in _listed(page, SHOW, SWITCHES) if name != switch]
    _write(page, SHOW, [*others, switch] if on else others)


def hidden(page: str) -> list[str]:
    """Return the groups of controls that the page's link hides."""
    return _listed(page, HIDE, tuple(GROUPS))


def hides(page: str, group: str) -> bool:
    """Whether the page's link hides a group of controls."""
    return group in hidden(page)


def _listed(page: str, name: str, known: tuple[str, ...]) -> list[str]:
    asked = (state.parameter(page, name) or "").split(",")
    return [word for word in known if word in asked]


def _write(page: str, name: str, words: list[str]) -> None:
    state.remember_parameter(page, name, ",".join(sorted(words)) or None)


def offer_link(page: str) -> None:
    """Draw the button that opens the dialog for a link with fewer controls."""
    st.button(_("Link for a class"), key=f"{page}.share", icon=":material/link:", on_click=_open, args=(page,),
              width="stretch", help=_("Make a link to this experiment that hides some of the controls."))
    if hidden(page):
        st.caption(_("This link hides: {groups}.").format(groups=", ".join(_(GROUPS[name]) for name in hidden(page))))
        st.button(_("Show everything"), key=f"{page}.unhide", on_click=_write, args=(page, HIDE, []), width="stretch")


def _open(page: str) -> None:
    st.session_state[f"_sharing.{page}"] = True


def show_dialog(page: str) -> None:
    """Draw the dialog where it was asked for; call it at the end of the page."""
    if st.session_state.get(f"_sharing.{page}"):
        st.dialog(_("Link for a class"), on_dismiss=lambda: _close(page))(_ask)(page)


def _close(page: str) -> None:
    st.session_state[f"_sharing.{page}"] = False


def _ask(page: str) -> None:
    st.markdown(_("Whoever opens the link sees this experiment with its settings. Choose what it shall not show:"))
    chosen = [name for name, title in GROUPS.items()
              if st.checkbox(_(title), key=f"{page}.hide_{name}", value=hides(page, name))]
    st.code(make_link(page, chosen), language=None, wrap_lines=True)
    st.caption(_("Copy it with the button at its corner. “Show everything” brings the controls back."))


def make_link(page: str, hide: list[str]) -> str:
    """Return the address of the page's experiment, with some groups hidden, and without the visitor's run."""
    asked = {state.experiment(page).kind: to_link(state.experiment(page)), SHOW: state.parameter(page, SHOW),
             HIDE: ",".join(sorted(hide)), "lang": language()}
    return f"{(st.context.url or '').split('?')[0]}?{urlencode({name: text for name, text in asked.items() if text})}"
