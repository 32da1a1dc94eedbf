"""What the Saliency page takes: each method by itself, all of them after a stroke, the live ones under the pen, a film.

    python -m pytest tests/benchmarks/measure_saliency.py -s
"""

import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import torch

from dlcore.data.images import load_test
from dlcore.engine.client import Engine
from dlcore.explain.attribution import attribute
from dlcore.explain.question import pose
from dlcore.explain.snapshot import Snapshot, load
from dlcore.models.build import build
from dlcore.specs.codec import to_dict, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import PRESETS, Network
from dlcore.specs.saliency import METHODS, Saliency, fitting, live_methods
from dlcore.specs.subject import Subject
from dlcore.specs.training import Training
from tests.benchmarks.figures import Figure, percentile, show, sized
from tests.conftest import served, settled, wait_until

REPEATS = sized(5, 15)
STROKES = sized(4, 10)
ALL_MAPS, LIVE, FILM = 0.8, 150, 2.0  # seconds after the last stroke, milliseconds under the pen, seconds for 20 frames
SEVEN = load_test("mnist").test_images[0]
LEARNED = Experiment(training=Training(epochs=2))
NETWORKS = {
    "the default network": Experiment(),
    "MY_NET": Experiment(data=ImageData(size=48, channels=3), network=Network(blocks=PRESETS["my_net"])),
}


def snapshot_of(name: str) -> Snapshot:
    if name == "the pretrained network":
        return load({"pretrained": "digits"}, "")
    experiment = NETWORKS[name]
    return Snapshot(experiment, build(experiment.network, experiment.data, 0).eval(), 0)


@pytest.mark.parametrize("name", [*NETWORKS, "the pretrained network"])
def test_each_method_by_itself(name):
    torch.set_num_threads(1)
    snapshot = snapshot_of(name)
    experiment, figures, total = snapshot.experiment, [], 0.0
    live = live_methods(Saliency(), experiment.network, experiment.data)
    for method in fitting(experiment.network, METHODS):
        spent = [timed(snapshot, method) for _ in range(REPEATS if name != "MY_NET" else 2)]
        total += min(spent)
        figures.append(Figure(method, spent, "ms", note="live" if method in live else ""))
    show(f"One map of {name}, one thread", [*figures, Figure("all of them, the best of each", [total], "ms")])


def timed(snapshot: Snapshot, method: str) -> float:
    asked = pose(snapshot, SEVEN, Saliency())
    begun = time.perf_counter()
    attribute(asked, method)
    return 1000 * (time.perf_counter() - begun)


@pytest.fixture
def learned(tmp_path) -> Iterator[tuple[str, str]]:
    """The address of an app with an engine of its own, and a finished run of the default network in it."""
    engine = Engine(tmp_path)
    engine.start()
    wait_until(lambda: engine.status().ready, 120, "the engine does not wake")
    run = engine.start_run(LEARNED, "a secret of sixteen letters")
    wait_until(lambda: engine.view(run).state == "finished", 120, "the run does not end")
    with served(tmp_path, tmp_path / "streamlit.log", DERIN_ENGINE=engine.address) as url:
        yield url, run
    engine.close()


def test_all_maps_of_all_methods_after_the_last_stroke(learned, chromium):
    url, run = learned
    asked = to_link(Saliency(subject=Subject(picture="drawing")))
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.goto(f"{url}/saliency?{urlencode({'saliency': asked, 'run': run})}")
        settled(tab)
        canvas = tab.get_by_role("application")
        canvas.wait_for(state="visible", timeout=60_000)
        tab.wait_for_function("globalThis.__derin_maps?.at(-1)?.missing === 0", timeout=60_000)
        whole, live = zip(*(draw_and_wait(tab, canvas, number) for number in range(STROKES + 1)))
        tab.goto("about:blank")
    live = [sample for samples in live[1:] for sample in samples]
    show(f"The Saliency page of the default network, {STROKES} strokes", [
        Figure("last stroke to all maps of all methods", whole[1:], "s", most=ALL_MAPS),
        Figure("the slowest of them", whole[1:], "s", most=ALL_MAPS, of=max),
        Figure("between two paintings of the live maps while the pen moves", live, "ms", most=LIVE),
        Figure("the same, 95th percentile", live, "ms", most=2 * LIVE, of=percentile(0.95)),
    ])
    assert len(live) > STROKES, "the maps did not follow the pen"


def draw_and_wait(tab, canvas, number: int) -> tuple[float, list[float]]:
    """Draw a stroke; return the seconds until all maps are about it, and the times between paintings under the pen."""
    box = canvas.bounding_box()
    if number and number % 3 == 0:
        tab.get_by_role("button", name="Clear").click()
    tab.evaluate("__derin_maps.length = 0")
    left, top = box["x"] + box["width"] * (0.25 + 0.2 * (number % 3)), box["y"] + 0.15 * box["height"]
    tab.mouse.move(left, top)
    tab.mouse.down()
    for moved in range(40):
        tab.mouse.move(left + box["width"] * 0.004 * (moved % 9), top + box["height"] * 0.017 * moved)
        time.sleep(1 / 60)
    lifted = tab.evaluate("performance.now()")
    tab.mouse.up()
    under = [one["at"] for one in tab.evaluate("__derin_maps") if one["at"] < lifted]
    tab.wait_for_timeout(3000)
    seen = tab.evaluate("__derin_maps")
    whole = [one["at"] for one in seen if one["ink"] == seen[-1]["ink"] and not one["missing"] and one["at"] > lifted]
    assert whole, "the maps did not become whole"
    return (whole[0] - lifted) / 1000, [later - earlier for earlier, later in zip(under, under[1:])]


def test_a_film_of_twenty_snapshots(tmp_path):
    engine = Engine(tmp_path)
    engine.start()
    wait_until(lambda: engine.status().ready, 120, "the engine does not wake")
    run = engine.start_run(Experiment(training=Training(epochs=6)), "a secret of sixteen letters")
    wait_until(lambda: engine.view(run).state == "finished", 180, "the run does not end")
    kept = list(engine.view(run).snapshots)
    steps = (kept * 20)[:20] if len(kept) < 20 else kept[:20]
    spent = {method: [film(engine, run, steps, method) for _ in range(3)] for method in ("grad_cam", "occlusion",
                                                                                         "integrated_gradients")}
    engine.close()
    show(f"A film of 20 frames over {len(set(steps))} snapshots of the default network", [
        Figure(method, times, "s", most=FILM) for method, times in spent.items()])


def film(engine: Engine, run: str, steps: list[int], method: str) -> float:
    begun = time.perf_counter()
    job = engine.start_job("visitor", {
        "kind": "film", "model": {"run": run}, "steps": steps, "method": method, "image": SEVEN, "label": 7,
        "settings": to_dict(Saliency())})
    wait_until(lambda: engine.job(job).finished, 60, "the film is not developed")
    assert engine.job(job).error is None and len(engine.job(job).result["maps"]) == 20
    return time.perf_counter() - begun
