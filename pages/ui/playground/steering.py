"""Changes that the visitor makes to a run of the playground, or to what will be the next one."""

from dataclasses import replace
from typing import Any

from dlcore.engine.views import RunView
from dlcore.specs.learning import kind_of, same_run
from dlcore.specs.playground import Playground, fit
from pages.ui import panels, runs, state
from pages.ui.learned import problem


def shown(page: str) -> RunView | None:
    """Return the run that the page shows, if it is one of the network and the points that the page is about."""
    view = runs.shown_run(page)
    return view if view is not None and same_run(view.experiment, state.experiment(page)) else None


def adopt(page: str) -> None:
    """Take over the experiment of a run where a link names only the run; leave a run of another experiment alone."""
    view = runs.shown_run(page)
    if view is None:
        return
    if state.parameter(page, view.experiment.kind) is None and view.experiment.kind == state.experiment(page).kind:
        state.remember(page, replace(view.experiment, changes=()))
    if not same_run(view.experiment, state.experiment(page)):
        state.remember_run(page, None)


def tidy(spec: Playground) -> Playground:
    """Return the spec with what its network cannot use left out; what the visitor has still to do is said, not undone.

    That is points of one's own that are not put yet, a file that is not there yet, a batch too small for batch norm.
    """
    fitted = fit(spec)
    return replace(fitted, data=replace(fitted.data, dataset=spec.data.dataset),
                   network=replace(fitted.network, batch_norm=spec.network.batch_norm))


def rebuild(page: str, changed: Playground) -> None:
    """Take over another network or other points: what was learning begins anew with them, what stood still is left."""
    changed, view = tidy(changed), runs.shown_run(page)
    learning = view is not None and view.state in runs.ACTIVE and runs.is_mine(view)
    state.remember(page, changed)
    if view is None or same_run(view.experiment, changed):
        return
    if learning:
        state.engine().stop(view.id, state.visitor())
    state.remember_run(page, None)
    if learning and problem(changed) is None:
        runs.begin(page, changed)


def change(page: str, path: str, value: Any) -> bool:
    """Change a live setting of the page's run; say whether there is one.

    A run that is over, or that is rewound, goes on in a copy from where it stands on the page.
    """
    view = shown(page)
    if view is None or not runs.is_mine(view) or kind_of(view.experiment).live_rule(path) is None:
        return False
    step, run_id = panels.chosen_step(f"{page}.rewind"), view.id
    if step is not None or view.state in ("finished", "failed"):
        run_id = runs.begin(page, view.experiment, parent=(view.id, view.step if step is None else step), paused=True)
    state.engine().change(run_id, state.visitor(), path, value)
    return True
