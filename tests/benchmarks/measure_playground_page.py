"""What the Playground page shows of a training, and what that costs: frames a second, bytes a frame, processors.

    python -m pytest tests/benchmarks/measure_playground_page.py -s
"""

import time
from urllib.parse import quote

import pytest

from dlcore.specs.codec import to_link
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from tests.benchmarks.figures import Figure, show, sized
from tests.benchmarks.processes import processor_seconds
from tests.conftest import served, settled

BLOCKS, BLOCK = sized(2, 4), 5.0  # how often, and for how many seconds, one page is watched
PATIENCE = 60_000
LONG = PlaneTraining(epochs=1_000_000, pace=60)
NETWORKS = {
    "the default network, 2-4-2-1": Playground(training=LONG),
    "7 features, 8 layers of 6 neurons": Playground(network=PlaneNetwork(FEATURES, (Layer(6),) * 8), training=LONG),
    "8 layers of 16 neurons, 5 classes": Playground(
        PlaneData(dataset="spirals", classes=5), PlaneNetwork(FEATURES, (Layer(16, "relu"),) * 8), LONG),
}
PAINTED = """() => {
  window.painted = [];
  const place = globalThis[Symbol.for("derin.bus")].get("playground");
  const paint = () => requestAnimationFrame(() => setTimeout(() => painted.push(performance.now())));
  place.listeners.get("frame").add(paint);
}"""


@pytest.mark.parametrize("name", NETWORKS)
def test_diagram_surface_and_curves_move_together_and_cheaply(tmp_path, chromium, name):
    with served(tmp_path, tmp_path / "streamlit.log", DERIN_ENGINE="") as url, \
            chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab, received = context.new_page(), []
        tab.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
        tab.goto(f"{url}/playground?playground={quote(to_link(NETWORKS[name]))}")
        tab.locator(".st-key-playground-board .node").first.wait_for(timeout=PATIENCE)
        settled(tab)
        tab.locator(".st-key-playground-train button:enabled").click(timeout=PATIENCE)
        tab.get_by_text("Training", exact=True).first.wait_for(timeout=PATIENCE)
        tab.get_by_text("compiled kernel").wait_for(timeout=PATIENCE)
        tab.evaluate(PAINTED)
        tab.wait_for_timeout(3000)
        blocks = [watch(tab, received) for _block in range(BLOCKS)]
        gear = tab.locator(".st-key-playground-live .right").inner_text()
        tab.goto("about:blank")
    frames, sizes, server, browser, gaps = map(list, zip(*blocks))
    show(f"A visitor watches {name} ({gear})", [
        Figure("frames a second of diagram, surface and curves, painted", frames, "/s", least=8),
        Figure("longest wait for a frame in a block", gaps, "ms"),
        Figure("kilobytes a frame, all messages counted", sizes, "kB", most=150),
        Figure("server process", server, "cores", most=0.25),
        Figure("browser", browser, "cores"),
    ])


def watch(tab, received: list[int]) -> tuple[float, float, float, float, float]:
    """Watch for a while: frames a second, kilobytes a frame, cores of server and browser, the longest gap in ms."""
    tab.evaluate("painted.length = 0")
    received.clear()
    begun, before = time.monotonic(), processor_seconds()
    tab.wait_for_timeout(1000 * BLOCK)
    ended, after = time.monotonic(), processor_seconds()
    times, seconds = tab.evaluate("painted"), ended - begun
    gap = max((later - earlier for earlier, later in zip(times, times[1:])), default=float("nan"))
    spent = {name: (after[name] - before[name]) / seconds for name in after}
    return len(times) / seconds, sum(received) / max(len(times), 1) / 1000, spent["server"], spent["browser"], gap
