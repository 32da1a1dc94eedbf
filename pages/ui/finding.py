"""Find a subject: a word is typed or chosen from the index, and its page opens at the place where it can be tried."""

from collections.abc import Iterator
from dataclasses import replace

import streamlit as st

from pages.ui import state
from pages.ui.diffusion import parts
from pages.ui.language import LANGUAGES, N_, _, language, translations
from pages.ui.shell import pages_there
from pages.ui.subjects import SUBJECTS, Subject

TURKISH = "abcçdefgğhıijklmnoöpqrsştuüvwxyz"
HINT = N_("Find a subject: pooling, dropout, attention …")


def show_index(page: str) -> None:
    """Draw the line in which a subject is found; a chosen one opens its page."""
    entries = list_entries()
    chosen = st.selectbox(_("Find a subject"), entries, index=None, key=f"{page}.subject", placeholder=_(HINT),
                          label_visibility="collapsed", filter_mode="contains", icon=":material/search:", width=320)
    if chosen is not None:
        _open(page, chosen, entries[chosen])


def list_entries() -> dict[str, Subject]:
    """Return the index: "havuzlama (pooling) · Evrişim", and what that leads to. What the pages themselves are called
    comes first, in their order, so that their names do not hide it; the rest is in alphabetical order.
    """
    titles = {file.removesuffix(".py"): _(title) for _group, file, title in pages_there()}
    entries = [(name, titles[subject.page], subject) for subject in SUBJECTS if subject.page in titles
               for name in names_of(subject)]
    pages = [entry for entry in entries if entry[1].lower() in entry[0].lower()]
    return {f"{name} · {title}": subject
            for name, title, subject in [*pages, *sorted(entries, key=lambda entry: order(entry[0]))]}


def names_of(subject: Subject) -> Iterator[str]:
    """Return what the subject is called in this session's language, with the other language's word beside it."""
    other = next(spoken for spoken in LANGUAGES if spoken != language())
    for word in subject.words:
        here, there = _(word), translations(other).gettext(word)
        yield here if here == there else f"{here} ({there})"


def order(name: str) -> list[int]:
    """Return the key by which names stand in alphabetical order, in Turkish as in English."""
    return [TURKISH.find(letter) for letter in name.replace("I", "ı").replace("İ", "i").lower()]


def _open(page: str, chosen: str, subject: Subject) -> None:
    del st.session_state[f"{page}.subject"]
    name = chosen.rpartition(" · ")[0]
    state.find(subject.page, f"**{name}.** {_(subject.where)}", subject.opens)
    if subject.tab:
        st.session_state[f"{subject.page}.closer"] = _(subject.tab)
    _turn_to(subject)
    st.switch_page(f"pages/{subject.page}.py")


def _turn_to(subject: Subject) -> None:
    """Have the part of the page shown that the subject belongs to, and all else as it was left."""
    if subject.part and subject.page == "diffusion":
        state.remember_parameter(subject.page, parts.PARAMETER, subject.part)
    elif subject.part:
        state.remember(subject.page, replace(state.page_spec(subject.page, subject.page), view=subject.part))
