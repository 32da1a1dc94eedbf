"""What the visitor asks for in the diagram and on the plane (static/js/wishes.js), granted in order.

The browser's state "asked" is a list of {seq, do, ...}, all that was not answered yet:

    feature {name} · layers {count} · units {layer, count} · activation {layer, name}     the network
    weight {name, value} · frozen {name, on} · removed {name, on}                         also while it learns
    points {points: [[x1, x2, class]]} · undo · clear                                     own points
    show {name, on} · walk {at: [x1, x2]}
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from dlcore.errors import N_, DerinError, SpecError
from dlcore.specs.plane import MOST_OWN, PlaneData
from dlcore.specs.plane_network import FEATURES, LARGEST, MOST_LAYERS, PlaneNetwork, is_number
from dlcore.specs.playground import Playground, check
from pages.ui import state
from pages.ui.language import told
from pages.ui.playground import frames, sharing, steering
from pages.ui.playground.handover import say_arrival, take_over

NO_NUMBER = N_("{value} is no number that can be used here. Type one from −{most:.0f} to {most:.0f}.")
BACKPROP = "backprop"


def take(page: str) -> bool:
    """Grant what was asked for since the last run; say whether the page around the diagram changes with it."""
    asked = (st.session_state.get(f"{page}.board") or {}).get("asked")
    seen, changes = seq(page), False
    for wish in asked if isinstance(asked, list) else []:
        if isinstance(wish, Mapping) and isinstance(wish.get("seq"), int) and wish["seq"] > seen:
            seen = st.session_state[f"_asked.{page}"] = wish["seq"]
            changes |= _take(page, wish)
    return changes


def seq(page: str) -> int:
    """Return the number of the last wish that was granted or refused."""
    return st.session_state.get(f"_asked.{page}", 0)


def refusal(page: str) -> dict | None:
    """Return what was refused last: the name of a weight where it was one, and why."""
    return st.session_state.get(f"_refused_wish.{page}")


def _take(page: str, wish: Mapping[str, Any]) -> bool:
    st.session_state[f"_refused_wish.{page}"] = None
    grant = GRANTS.get(wish.get("do"))
    if grant is None:
        return False
    try:
        return grant(page, wish)
    except DerinError as error:
        st.session_state[f"_refused_wish.{page}"] = {"name": str(wish.get("name")), "text": told(error, markdown=False)}
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        pass  # nothing that this page has sent
    return False


# the network


def _with_network(page: str, **changed: Any) -> bool:
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, network=replace(spec.network, **changed)))
    return True


def _feature(page: str, wish: Mapping) -> bool:
    chosen = set(state.experiment(page).network.features) ^ {wish["name"]}
    if not chosen:
        raise SpecError("network.features", N_("The network needs at least one feature. Switch another one on first."))
    return _with_network(page, features=tuple(name for name in FEATURES if name in chosen))


def _layers(page: str, wish: Mapping) -> bool:
    layers, count = state.experiment(page).network.layers, min(max(int(wish["count"]), 0), MOST_LAYERS)
    last = layers[-1] if layers else PlaneNetwork().layers[0]
    return _with_network(page, layers=(layers + (last,) * MOST_LAYERS)[:count])


def _units(page: str, wish: Mapping) -> bool:
    return _with_layer(page, wish, neurons=int(wish["count"]))


def _activation(page: str, wish: Mapping) -> bool:
    return _with_layer(page, wish, activation=str(wish["name"]))


def _with_layer(page: str, wish: Mapping, **changed: Any) -> bool:
    layers, at = list(state.experiment(page).network.layers), int(wish["layer"])
    layers[at] = replace(layers[at], **changed)
    check(Playground(network=PlaneNetwork(layers=(layers[at],))))
    return _with_network(page, layers=tuple(layers))


# also while it learns


def _weight(page: str, wish: Mapping) -> bool:
    name, value = str(wish["name"]), _number(wish["value"])
    if not steering.change(page, f"network.{name}", value):
        spec = state.experiment(page)
        weights = tuple(sorted({**dict(spec.network.weights), name: value}.items()))
        _settle(page, replace(spec, network=replace(spec.network, weights=weights)))
    return False


def _number(given: Any) -> float:
    """Return the number that was typed; SpecError where it is none, or too large."""
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = float("nan")
    if not is_number(value) or abs(value) > LARGEST:
        raise SpecError("network.weights", NO_NUMBER, value=str(given)[:40], most=LARGEST)
    return value


def _switch(page: str, wish: Mapping) -> bool:
    part, name, on = wish["do"], str(wish["name"]), bool(wish["on"])
    spec = state.experiment(page)
    names = tuple(sorted({*getattr(spec.network, part), name} - (set() if on else {name})))
    changed = replace(spec, network=replace(spec.network, **{part: names}))
    check(changed)
    steering.change(page, f"network.{part}.{name}", on)
    _settle(page, changed)
    return False


def _settle(page: str, changed: Playground) -> None:
    check(changed)
    state.remember(page, changed)


# own points


def _points(page: str, wish: Mapping) -> bool:
    spec = state.experiment(page)
    added = PlaneData(own=tuple((float(x1), float(x2), int(label)) for x1, x2, label in wish["points"]))
    own = (*spec.data.own, *added.own)
    if len(own) > MOST_OWN:
        raise SpecError("data.own", N_("There is room for {most} own points, so that the link still holds them. Take "
                                       "some back first."), most=MOST_OWN)
    st.session_state.setdefault(f"_pulls.{page}", []).append(len(added.own))
    return _with_points(page, own)


def _undo(page: str, wish: Mapping) -> bool:
    own, pulls = state.experiment(page).data.own, st.session_state.get(f"_pulls.{page}") or [1]
    return _with_points(page, own[:max(0, len(own) - pulls.pop())])


def _clear(page: str, wish: Mapping) -> bool:
    st.session_state[f"_pulls.{page}"] = []
    return _with_points(page, ())


def _with_points(page: str, own: tuple) -> bool:
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, data=replace(spec.data, own=own)))
    return True


# what is shown, and where it goes


def _show(page: str, wish: Mapping) -> bool:
    sharing.show(page, str(wish["name"]), bool(wish["on"]))
    return False


def _walk(page: str, wish: Mapping) -> bool:
    x1, x2 = (float(value) for value in wish["at"])
    kept = frames.kept_frame(page)
    if kept is None:
        return False
    spec, frame = kept
    target = frames.nearest_target(frames.points_of(spec), (x1, x2))
    taken = take_over(spec, (x1, x2), frame["weights"], target)
    state.remember(BACKPROP, taken)
    state.announce(BACKPROP, taken, say_arrival(spec, (x1, x2)))
    st.session_state[f"_walks.{page}"] = True
    return True


def leave(page: str) -> None:
    """Go over to the Backpropagation page where the visitor has asked for it."""
    if st.session_state.pop(f"_walks.{page}", False):
        st.switch_page(f"pages/{BACKPROP}.py")


GRANTS = {
    "feature": _feature, "layers": _layers, "units": _units, "activation": _activation, "weight": _weight,
    "frozen": _switch, "removed": _switch, "points": _points, "undo": _undo, "clear": _clear, "show": _show,
    "walk": _walk,
}
