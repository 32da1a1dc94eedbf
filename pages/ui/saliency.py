"""The main picture of the Saliency page and what is asked of it."""

from dataclasses import dataclass, replace

import streamlit as st

from dlcore.errors import DerinError, EngineError
from dlcore.specs.datasets import MOST_CLASSES
from dlcore.specs.saliency import COMPANY, METHODS, TARGETS, TRUE, Saliency
from pages.ui import state, subject, words
from pages.ui.forms import Form, grouped
from pages.ui.language import _, told
from pages.ui.maps import picked_map, show_maps, show_waiting
from pages.ui.method_card import show_card
from pages.ui.methods import COMPANY as COMPANIES
from pages.ui.methods import in_order, method_name, print_attribution
from pages.ui.removal import ask_removal, say_rank, show_removal
from pages.ui.sheet import Sheet, fill_sheet, moves, refusals, resting, spec
from pages.ui.trust import ask_trust, show_trust
from pages.ui.waking import waking

MAPS = "saliency.maps"


def choose_methods(page: str) -> None:
    """Draw the choice of the methods; those that do not fit the network can be chosen, and say why they are grey."""
    asked, key = spec(page), f"{page}.methods"
    count = _("{n} of {all}").format(n=len(asked.methods), all=len(METHODS))
    with grouped(_("Methods"), count, "methods", page):
        st.session_state[key] = list(in_order(asked.methods))
        st.pills(_("Methods"), METHODS, selection_mode="multi", key=key, format_func=method_name,
                 on_change=_take_methods, args=(page,), label_visibility="collapsed")


def _take_methods(page: str) -> None:
    chosen = in_order(st.session_state[f"{page}.methods"])
    if chosen:
        keep(page, methods=chosen)


def keep(page: str, **changed) -> None:
    """Keep changed fields of what the page asks, in this session and in the address."""
    state.remember(page, replace(spec(page), **changed))


def show_question(page: str) -> None:
    """Draw for which class the maps speak, whether as signs or sizes, and what stands beside the picture."""
    form, sight = Form(page, kind="saliency"), subject.look(page)
    names = words.class_names(sight.experiment.data.dataset)
    with st.container(key="saliency_question", horizontal=True, vertical_alignment="bottom"):
        form.choose("target", _targets(form.experiment.target, names),
                    format_func=lambda target: _target_name(target, names), width=190)
        form.choose("company", COMPANY, format_func=lambda name: _(COMPANIES[name]), width=190)
        if form.experiment.company != "none":
            st.button(_("Others"), key=f"{page}.turn", icon=":material/skip_next:", on_click=_take_turn, args=(page,))
        form.switch("absolute", help=_("Shows how large a value is, whatever its sign."))


def _targets(now: str, names: list[str]) -> tuple[str, ...]:
    """Return the classes that can be asked for; one from a link that this data set has not stays chosen."""
    known = TARGETS[:len(TARGETS) - MOST_CLASSES + len(names)]
    return known if now in known else (*known, now)


def _target_name(target: str, names: list[str]) -> str:
    match target:
        case "predicted":
            return _("the class it reads")
        case "true":
            return _("the true class")
        case _:
            return names[int(target)] if int(target) < len(names) else target


def _take_turn(page: str) -> None:
    keep(page, turn=(spec(page).turn + 1) % 100)


def show_sheet(page: str, pad, before: tuple) -> None:
    """Draw the pad, where one is wanted, the grid of maps, and the picked map more closely."""
    subject.show_pad(page, pad)
    sight, asked = subject.look(page), spec(page)
    if before != subject.drawn_for(page):
        st.rerun()
    reasons = refusals(METHODS, sight)
    try:
        sheet = fill_sheet(page, sight)
        refused = sheet.refused.get((asked.method, min(asked.column, len(sheet.columns) - 1)), "")
        refused = reasons.get(asked.method, refused)
        close = look_closer(page, sight, asked, sheet, bool(refused))
    except EngineError as error:
        show_waiting(MAPS, page, _waiting(error))
        return
    except DerinError as error:
        st.warning(told(error))
        return
    show_maps(MAPS, page, sheet, asked, reasons, sight.experiment.data.dataset, lambda: _take_picked(page))
    if sheet.message:
        st.caption(sheet.message)
    _say_target(page, sight)
    _show_closer(page, asked, close, refused, _("Measured once the training rests.") if moves(sight) else "")


@dataclass(frozen=True)
class Closer:
    """What is known of the picked map besides itself: how far it can be trusted, and all curves of its picture.

    It is `stale` while it is about what was asked before.
    """

    trust: dict | None = None
    removal: dict | None = None
    stale: bool = False


def look_closer(page: str, sight, asked: Saliency, sheet: Sheet, refused: bool) -> Closer:
    """Have the picked map looked at closely once the maps are there; while it is, the sheet is pending."""
    place = f"_closer.{page}"
    if sheet.pending or not resting(page) or moves(sight):
        return replace(st.session_state.get(place, Closer()), stale=True)
    column = sheet.columns[min(asked.column, len(sheet.columns) - 1)]
    jobs = [None if refused else ask_trust(page, sight, asked, column), ask_removal(page, sight, asked, column)]
    for job in jobs:
        if job is not None:
            sheet.wait(job)
    meter, curves = jobs
    st.session_state[place] = Closer(meter.result if meter else None,
                                     curves.result if curves and curves.finished and not curves.error else None)
    return st.session_state[place]


def _show_closer(page: str, asked: Saliency, close: Closer, refused: str, waits: str) -> None:
    card, meter, curves = st.columns([29, 39, 32], gap="medium")
    with card:
        show_card(page, asked, refused)
    with meter:
        show_trust("saliency.trust", page, close.trust, close.stale, waits)
    with curves:
        show_removal("saliency.removal", close.removal, asked.method, close.stale)
        st.caption(say_rank(close.removal, asked.method))


def _waiting(error: EngineError) -> str:
    return waking() or told(error, markdown=False)


def _take_picked(page: str) -> None:
    if (picked := picked_map(MAPS)) is not None:
        keep(page, method=picked[0], column=picked[1])


def _say_target(page: str, sight) -> None:
    if spec(page).target == TRUE and sight.label is None:
        st.caption(_("Nobody has told the true class of this picture: the maps speak for the class it reads."))


def print_call(page: str) -> str:
    """Return the picked map as a person would compute it on a network `net` in eval()."""
    asked, sight = spec(page), subject.look(page)
    if asked.target == TRUE and sight.label is not None:
        asked = replace(asked, target=str(sight.label))
    return print_attribution(asked, sight.experiment)
