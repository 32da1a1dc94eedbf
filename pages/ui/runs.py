"""The run that a page shows: starting it, steering it, and the words for how it stands."""

from collections.abc import Callable

import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner, in_effect, kind_of, live_settings, same_run
from pages.ui import state
from pages.ui.language import N_, _, number, told
from pages.ui.visitors import is_known
from pages.ui.waking import duration, silence

STATES = {
    "queued": N_("Waiting"), "starting": N_("Starting"), "running": N_("Training"), "paused": N_("Paused"),
    "finished": N_("Finished"), "interrupted": N_("Interrupted"), "failed": N_("Failed"),
}
EPOCHS = "training.epochs"
PLACES = {  # kinds of what is learned -> the names of the pages that show runs of it, the first being its own
    "experiment": ("digits", "convolution", "saliency"), "playground": ("playground",), "recurrent": ("recurrent",),
    "transformer": ("transformer",), "diffusion": ("diffusion", "diffusion_plane"),
}
ACTIVE = ("queued", "starting", "running")
GOES_ON = ("paused", "interrupted")  # a click continues these


def shown_run(page: str, cursor: int = 0) -> RunView | None:
    """Return the run that the page shows, with its events since a cursor; this also says that somebody looks at it."""
    run_id = state.run(page)
    view = run_id and state.engine().view(run_id, state.visitor(), cursor)
    if run_id and view is None:
        state.forget_unknown_run(page)
    return view if view and belongs(page, view.experiment) else None


def belongs(page: str, spec: Learner) -> bool:
    """Whether a page can show runs of a spec."""
    return page in PLACES[spec.kind] and state.is_of_part(page, spec)


def leave_elsewhere(page: str) -> None:
    """Take a run that the link names and another page shows out of the address, and one that is not there."""
    run_id = state.run(page)
    view = run_id and state.engine().view(run_id, state.visitor())
    if run_id and view is None:
        state.forget_unknown_run(page)
    elif view and not belongs(page, view.experiment):
        state.leave_run_elsewhere(page, run_id)
    elif view:
        state.remember_run(page, run_id)  # nothing is to be said any more of the one before


def found_elsewhere(page: str) -> tuple[RunView, str] | None:
    """Return the run that the page's link named and another page shows, and that page's name."""
    run_id = state.run_elsewhere(page)
    view = run_id and state.engine().view(run_id, state.visitor())
    if not view:
        return None
    return view, next(name for name in PLACES[view.experiment.kind] if belongs(name, view.experiment))


def is_mine(view: RunView) -> bool:
    """Whether this browser started the run and may steer it."""
    return view.owner_hash == state.owner()


def state_text(view: RunView) -> str:
    """Return how the run stands, in words."""
    if view.state == "queued" and state.engine().status().ready:
        return _("Waiting, place {place}").format(place=view.place)
    return _(STATES[view.state])


def progress_texts(page: str, view: RunView, wanted: Experiment | None = None) -> tuple[str, str]:
    """Return what is done ("epoch 1.32 of 2") and how fast ("14,020 digits/s · 2.9 s left")."""
    done = _("epoch {epoch} of {epochs}").format(
        epoch=number(view.epoch, 2), epochs=number(view.epoch * view.total_steps / view.step if view.step else
                                                   view.experiment.training.epochs))
    if view.state != "finished" and not same_run(wanted or state.experiment(page), view.experiment):
        done = _("{done} · settings changed: Restart trains with them").format(done=done)
    if silent := silence(view):
        return done, silent
    if view.state != "running" or not view.rate:
        return done, ""
    left = duration(view.seconds_left or 0)
    return done, _("{rate} digits/s · {left} left").format(rate=number(view.rate), left=left)


def show_transport(page: str, view: RunView | None, broken: bool, after_step: Callable[[], None] | None = None) -> None:
    """Draw Train / Pause / Continue, Step and Restart; what cannot be pressed is grey.

    `after_step` draws what a page has between Step and Restart.
    """
    watching = view is not None and not is_mine(view)
    if watching:
        show_button(page, "copy", _("Continue as a copy"), "content_copy", _copy, view, primary=True)
        return
    if view is not None and view.state in ACTIVE:
        show_button(page, "pause", _("Pause"), "pause", _pause, view, primary=True)
    elif view is not None and view.state in GOES_ON:
        show_button(page, "train", _("Continue"), "play_arrow", _continue, view, primary=True)
    elif view is not None and _wants_more(page, view):
        show_button(page, "train", _("Train on"), "play_arrow", _train_longer, view, primary=True)
    else:
        show_button(page, "train", _("Train"), "play_arrow", _start, view, primary=True, disabled=broken)
    over = view is not None and view.state in ("finished", "failed")
    show_button(page, "step", _("Step"), "skip_next", _step, view, disabled=broken or over)
    if after_step is not None:
        after_step()
    show_button(page, "restart", _("Restart"), "replay", _restart, view, disabled=broken or view is None)


def show_button(page: str, name: str, text: str, icon: str, act: Callable, *args, primary: bool = False,
                disabled: bool = False) -> None:
    """Draw a button that does `act` with the page and the arguments; what the engine refuses then is said."""
    st.button(text, key=f"{page}.{name}", icon=f":material/{icon}:", type="primary" if primary else "secondary",
              on_click=_guard, args=(page, act, *args), disabled=disabled)


def _guard(page: str, act, *args) -> None:
    """Do what a button asks; what the engine refuses is said, and nothing is lost."""
    try:
        act(page, *args)
    except DerinError as error:
        st.session_state[f"_refused.{page}"] = told(error)


def show_refusal(page: str) -> None:
    """Say what the engine refused last, once; and of a browser without cookies that its runs are its own for now."""
    if text := st.session_state.pop(f"_refused.{page}", None):
        st.warning(text)
    if begun(page) and not is_known():
        st.caption(_("This browser keeps no cookies: once the page is loaded anew, you can only watch your runs here, "
                     "or continue copies of them."))


def begin(page: str, experiment: Experiment, parent: tuple[str, int] | None = None, paused: bool = False) -> str:
    """Start a run and show it on the page."""
    run_id = state.engine().start_run(experiment, state.visitor(), parent=parent, paused=paused)
    state.remember_run(page, run_id)
    begun(page).append(run_id)
    return run_id


def begun(page: str) -> list[str]:
    """Return the ids of the runs that were begun on the page in this session, the newest last."""
    return st.session_state.setdefault(f"_begun.{page}", [])


def _start(page: str, view: RunView | None) -> None:
    begin(page, state.experiment(page))


def _pause(page: str, view: RunView) -> None:
    state.engine().pause(view.id, state.visitor())


def _continue(page: str, view: RunView) -> None:
    if same_run(state.experiment(page), view.experiment):
        state.engine().resume(view.id, state.visitor())
    else:
        _restart(page, view)


def _step(page: str, view: RunView | None) -> None:
    """Take one single step; a run that goes on stands still after it."""
    run_id = view.id if view else begin(page, state.experiment(page), paused=True)
    state.engine().step(run_id, state.visitor())


def _restart(page: str, view: RunView) -> None:
    """Train from the same initial weights; the same settings replay what was changed on the way."""
    wanted = state.experiment(page)
    if same_run(wanted, view.experiment) and view.experiment.changes:
        wanted = view.experiment
        state.remember(page, wanted)
    if view.state in (*ACTIVE, "paused"):
        state.engine().stop(view.id, state.visitor())
    begin(page, wanted)


def _copy(page: str, view: RunView) -> None:
    begin(page, view.experiment, parent=(view.id, view.step))
    state.remember(page, view.experiment)


def _wants_more(page: str, view: RunView) -> bool:
    """Whether a finished run could go on, because the visitor has since asked for more epochs of it."""
    wanted = state.experiment(page)
    return (view.state == "finished" and same_run(wanted, view.experiment)
            and wanted.training.epochs > round(view.epoch))


def _train_longer(page: str, view: RunView) -> None:
    state.engine().change(view.id, state.visitor(), EPOCHS, state.experiment(page).training.epochs)
    state.engine().resume(view.id, state.visitor())


def offer_train_on(page: str, view: RunView, step: int) -> None:
    """Offer to train on from the snapshot to which the page is rewound."""
    if st.button(_("Train on from step {step}").format(step=number(step)), key=f"{page}.train_on",
                 icon=":material/fork_right:"):
        train_on_from(page, view, step)
        st.rerun()


def pause(view: RunView | None, quick: float, calm: float, standing: float) -> float | None:
    """Return the seconds between two looks at a run: with few and with many trainings, and while it stands still.

    None where nothing can change by itself.
    """
    status = state.engine().status()
    if not status.ready or (view is not None and view.state in ACTIVE):
        return quick if status.running <= 3 else calm
    return standing if view is not None and view.state in GOES_ON else None


def train_on_from(page: str, view: RunView, step: int) -> None:
    """Train on from a snapshot, in a run of its own; the recording that was rewound stays as it is."""
    _guard(page, _branch, view, step)


def _branch(page: str, view: RunView, step: int) -> None:
    """Begin the new run with what was set since; it gets another epoch where none is left."""
    per_epoch = view.total_steps / round(view.total_steps * view.epoch / view.step) if view.step else 1
    wanted, then = state.experiment(page), in_effect(view.experiment, step)
    settings = {path: value for path, value in live_settings(wanted).items()
                if same_run(wanted, then) and live_settings(then).get(path, value) != value}
    if step >= per_epoch * settings.get(EPOCHS, then.training.epochs):
        settings[EPOCHS] = int(step // per_epoch) + 1
    run_id = begin(page, view.experiment, parent=(view.id, step), paused=True)
    for path, value in settings.items():
        state.engine().change(run_id, state.visitor(), path, value)
    state.engine().resume(run_id, state.visitor())


def change_while_running(page: str, path: str, value: object) -> None:
    """Hand a touched setting to the run on the page, where it is one that can change while the network learns."""
    view = shown_run(page)
    changeable = view and view.state in (*ACTIVE, "paused") and is_mine(view)
    if changeable and kind_of(view.experiment).live_rule(path):
        _guard(page, lambda page: state.engine().change(view.id, state.visitor(), path, value))
