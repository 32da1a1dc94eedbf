"""The buttons of the Playground page: train, one batch, one epoch, the same weights again, other weights."""

from dataclasses import replace

from dlcore.engine.views import RunView
from pages.ui import runs, state
from pages.ui.language import _
from pages.ui.playground import steering


def show_transport(page: str, view: RunView | None, broken: bool) -> None:
    """Draw the page's buttons; what cannot be pressed is grey."""
    over = view is not None and view.state in ("finished", "failed")
    watching = view is not None and not runs.is_mine(view)

    def show_epoch() -> None:
        runs.show_button(page, "epoch", _("Epoch"), "fast_forward", _epoch, view, disabled=broken or over)

    runs.show_transport(page, view, broken, show_epoch)
    if not watching:
        runs.show_button(page, "new_weights", _("New weights"), "casino", _draw_weights, disabled=broken)


def _epoch(page: str, view: RunView | None) -> None:
    """Train to the end of an epoch and stand still."""
    run_id = view.id if view else runs.begin(page, state.experiment(page), paused=True)
    state.engine().step(run_id, state.visitor(), whole_epoch=True)


def _draw_weights(page: str) -> None:
    spec = state.experiment(page)
    training = replace(spec.training, seed=(spec.training.seed + 1) % 2**31)
    steering.rebuild(page, replace(spec, training=training, network=replace(spec.network, weights=())))
