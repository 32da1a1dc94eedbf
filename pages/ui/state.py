"""What a session knows: the engine it talks to, who its visitor is, and the spec in the address bar."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from time import monotonic
from typing import Any

import streamlit as st

from dlcore.engine.client import Engine, hash_owner
from dlcore.specs.codec import PAGES, Mend, from_link, to_link
from dlcore.specs.diffusion import POINTS, Diffusion, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import KINDS, Learner
from pages.ui.visitors import visitor as visitor

RUN = "run"
FOUND = "_found"
PART = "part"
STAYS = (RUN, PART, "lang")  # parameters of the address that are no settings
RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEAD_START = 2.5  # seconds that the first page has for itself: an engine that wakes takes a core
ECHO = 2.0  # seconds in which the browser may still send the address as it was before this session changed it,
LONGEST_ECHO = 10.0  # counted from the last look at the change while the server is busy, but no longer than this

PARTS = {"diffusion": "mnist", "diffusion_plane": "swirl"}  # parts that train Diffusion: what each begins with
OTHER_NAMES = {"": ("home",), "diffusion": ("diffusion_plane", "noising", "sampling", "sampling_plane")}  # of a page

_starting = threading.Lock()


def engine() -> Engine:
    """Return the server's engine; the first call starts it, and it wakes in the background."""
    with _starting:
        return _start_engine()


@cache
def _start_engine() -> Engine:
    started = Engine()
    started.start(HEAD_START)
    return started


def owner() -> str:
    """Return what is kept on disk of whose something is."""
    return hash_owner(visitor())


@dataclass(frozen=True)
class _Kept:
    """A parameter of the address bar as a page last had it; when this session set it, and when it last met it so."""

    text: str | None
    since: float = -inf
    met: float = -inf

    def is_echo(self, now: float) -> bool:
        """Whether another address may have been sent before the browser knew of this one."""
        return now - self.met < ECHO and now - self.since < LONGEST_ECHO


@dataclass(frozen=True)
class _Linked:
    """What a text in the address bar means, and what had to be mended in it."""

    text: str | None
    spec: Any
    mends: tuple[Mend, ...] = ()


def page_spec(page: str, kind: str, default: Callable[[], Any] | None = None) -> Any:
    """Return what a page is about: the spec in the address bar, else the one it had when left, else the default.

    Its kind is one of the codec's PAGES, and the name of its parameter in the address.
    """
    text, linked = _settle(page, kind), st.session_state.get(f"_linked.{page}")
    if linked is None or text != linked.text:
        begin = default or PAGES[kind].spec
        linked = _read_link(page, kind, text) if text is not None else _Linked(None, _of_part(page, begin()))
        st.session_state[f"_linked.{page}"] = linked
    return linked.spec


def experiment(page: str) -> Learner:
    """Return what a page trains: a spec of the kind that is named like the page, else an experiment."""
    if page in PARTS:
        return page_spec(page, Diffusion().kind)
    return page_spec(page, page if page in KINDS else Experiment().kind)


def _read_link(page: str, kind: str, text: str) -> _Linked:
    settled, mends = from_link(text, kind)
    spec = _of_part(page, settled)
    if spec != settled:
        mends = (*mends, Mend("data.dataset", settled.data.dataset, spec.data.dataset))
    linked = _Linked(to_link(spec), spec, mends)
    _keep(page, kind, linked.text)
    return linked


def is_of_part(page: str, spec: Any) -> bool:
    """Whether a spec can be what a page is about: of the parts of a page that train, each has data of its own."""
    return page not in PARTS or spec.kind != Diffusion().kind or spec.data.on_plane == (PARTS[page] in POINTS)


def _of_part(page: str, spec: Any) -> Any:
    return spec if is_of_part(page, spec) else learn_from(spec, PARTS[page])


def turn_to(pages: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Show other parts of a page: what the address says of these parameters is taken out of it, and kept.

    The browser may still send it for a moment, and then it does not count.
    """
    now = monotonic()
    for name in names:
        if name in st.query_params:
            del st.query_params[name]
        for page in pages:
            kept = st.session_state.get(f"_{name}.{page}", _Kept(None))
            st.session_state[f"_{name}.{page}"] = replace(kept, since=now, met=now)


def remember(page: str, changed: Any) -> None:
    """Keep what a page is about, in this session and in the address bar."""
    if changed != page_spec(page, changed.kind):
        linked = _Linked(to_link(changed), changed)
        st.session_state[f"_linked.{page}"] = linked
        _keep(page, changed.kind, linked.text)


def mended(page: str) -> tuple[Mend, ...]:
    """Return what was put right in the page's link; nothing any more once the visitor has changed something."""
    linked = st.session_state.get(f"_linked.{page}")
    return linked.mends if linked else ()


def announce(page: str, spec: Any, text: str) -> None:
    """Keep a sentence that is to be said on a page for as long as it is about this spec."""
    st.session_state[f"_announced.{page}"] = to_link(spec), text


def announced(page: str) -> str | None:
    """Return what is to be said of where the page's spec has come from."""
    link, text = st.session_state.get(f"_announced.{page}", (None, None))
    linked = st.session_state.get(f"_linked.{page}")
    return text if linked and link is not None and to_link(linked.spec) == link else None


def find(page: str, text: str, group: str) -> None:
    """Keep what is to be said on a page because a subject was looked for, and which group of its sidebar opens."""
    st.session_state[FOUND] = page, text, group


def found(page: str) -> tuple[str, str]:
    """Return what is to be said of the subject that was looked for, and the group that opens; empty for other pages."""
    where, *said = st.session_state.get(FOUND, ("", "", ""))
    return tuple(said) if where == page else ("", "")


def leave_found(page: str) -> None:
    """Forget the subject that was looked for, once another page is opened."""
    if st.session_state.get(FOUND, (page,))[0] != page:
        del st.session_state[FOUND]


def run(page: str) -> str | None:
    """Return the id of the run that a page shows: the one in the address bar, else the one it had when left."""
    asked = _settle(page, RUN)
    if asked is None or RUN_ID.fullmatch(asked):
        return asked
    forget_unknown_run(page)
    return None


def run_left_on(page: str) -> str | None:
    """Return the id of the run that another page showed when it was left."""
    return st.session_state.get(f"_{RUN}.{page}", _Kept(None)).text


def remember_run(page: str, run_id: str | None) -> None:
    """Keep the id of the run that a page shows, or that it shows none, in this session and in the address bar."""
    st.session_state[f"_run_unknown.{page}"] = False
    st.session_state[f"_run_elsewhere.{page}"] = None
    _keep(page, RUN, run_id)


def forget_unknown_run(page: str) -> None:
    """Take a run that nobody knows out of the address bar; `run_was_unknown` says so until a run is shown again."""
    remember_run(page, None)
    st.session_state[f"_run_unknown.{page}"] = True


def leave_run_elsewhere(page: str, run_id: str) -> None:
    """Take a run of another page out of the address; `run_elsewhere` tells of it until a run is shown again."""
    remember_run(page, None)
    st.session_state[f"_run_elsewhere.{page}"] = run_id


def run_elsewhere(page: str) -> str | None:
    """Return the id of the run that the page's link named and that another page shows."""
    return st.session_state.get(f"_run_elsewhere.{page}")


def run_was_unknown(page: str) -> bool:
    """Whether the page's link named a run that is not there."""
    return st.session_state.get(f"_run_unknown.{page}", False)


def parameter(page: str, name: str) -> str | None:
    """Return another parameter of a page's address, kept while one is on other pages."""
    return _settle(page, name)


def remember_parameter(page: str, name: str, text: str | None) -> None:
    """Keep another parameter of a page's address."""
    _keep(page, name, text)


def start_over(page: str, keep_run: bool = True) -> None:
    """Forget all settings of a page, those of its parts too, in this session and in the address; the run may stay."""
    stays = STAYS if keep_run else STAYS[1:]
    now = monotonic()
    for name in (page, *OTHER_NAMES.get(page, ())):
        kept = {f"_{parameter}.{name}" for parameter in (*stays, "begun")}
        for key in list(st.session_state):
            if str(key).startswith(f"{name}.") or (str(key).endswith(f".{name}") and key not in kept):
                del st.session_state[key]
        for parameter in (parameter for parameter in st.query_params if parameter not in stays):
            st.session_state[f"_{parameter}.{name}"] = _Kept(None, now, now)  # the browser may send it once more
    for parameter in [parameter for parameter in st.query_params if parameter not in stays]:
        del st.query_params[parameter]


def _settle(page: str, name: str) -> str | None:
    kept, asked = st.session_state.get(f"_{name}.{page}", _Kept(None)), st.query_params.get(name)
    now = monotonic()
    if asked == kept.text and kept.is_echo(now):
        st.session_state[f"_{name}.{page}"] = replace(kept, met=now)
    if asked is None or kept.is_echo(now):
        _write(name, kept.text)
        return kept.text
    if asked != kept.text:
        st.session_state[f"_{name}.{page}"] = _Kept(asked)
    return asked


def _keep(page: str, name: str, text: str | None) -> None:
    if st.session_state.get(f"_{name}.{page}", _Kept(None)).text != text:
        st.session_state[f"_{name}.{page}"] = _Kept(text, (now := monotonic()), now)
    _write(name, text)


def _write(name: str, text: str | None) -> None:
    """Write a parameter into the address, whole: a fragment may run with the address of the part that was left."""
    if st.query_params.get(name) == text:
        return
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text
    part = st.session_state.get(f"_{PART}.{st.session_state.get('_page')}")
    if name != PART and part is not None and part.is_echo(monotonic()):
        _write(PART, part.text)
