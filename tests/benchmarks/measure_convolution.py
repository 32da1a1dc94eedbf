"""How soon the microscope answers: a move of the stamp, and a map that is opened.

    python -m pytest tests/benchmarks/measure_convolution.py -s
"""

from urllib.parse import urlencode

import pytest

from dlcore.specs.experiment import Experiment
from pages.ui.network import apply_preset
from tests.benchmarks.figures import Figure, percentile, show, sized
from tests.conftest import settled, wait_until

SCOPE = ".st-key-convolution-microscope"
MOVES, OPENINGS = sized(60, 300), sized(8, 24)

MOVE = """async ([scope, count]) => {
  const find = (node) => node.shadowRoot?.querySelector(".scope") ? node.shadowRoot
    : [...node.children].map(find).find(Boolean);
  const panel = find(document.querySelector(scope));
  const map = panel.querySelectorAll(".figure canvas")[1];
  const box = map.getBoundingClientRect();
  const times = [];
  for (let at = 0; at < count; at++) {
    const [x, y] = [0.06 + 0.88 * ((at * 0.37) % 1), 0.06 + 0.88 * ((at * 0.61) % 1)];
    const begun = performance.now();
    const at_ = { clientX: box.x + x * box.width, clientY: box.y + y * box.height };
    map.dispatchEvent(new PointerEvent("pointermove", at_));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - begun);
  }
  return times;
}"""
OPEN = """async ([scope, layer, index]) => {
  const find = (node) => node.shadowRoot?.querySelector(".scope") ? node.shadowRoot
    : [...node.children].map(find).find(Boolean);
  const panel = find(document.querySelector(scope));
  const select = panel.querySelector(".bar select");
  const begun = performance.now();
  if (select.value !== layer) {
    select.value = layer;
    select.dispatchEvent(new Event("change"));
  } else panel.querySelectorAll(".bar .group button")[1].click();
  const wanted = panel.querySelector(".scope").getAttribute("aria-label");
  while (panel.querySelector(".scope").getAttribute("aria-label") === wanted) {
    await new Promise((done) => requestAnimationFrame(done));
    if (performance.now() - begun > 10000) return null;
  }
  return performance.now() - begun;
}"""


@pytest.mark.parametrize(("name", "layers", "most"), [
    ("pretrained", ("conv1", "conv2", "conv5", "relu3", "pool1", "fc1"), 150),
    ("small", ("conv1", "conv2", "conv3", "norm1", "pool1", "fc1"), 150),
    ("my_net", ("conv1", "conv2", "conv3", "relu2", "pool2", "fc1"), 400)])
def test_the_microscope_answers_soon(page, app_url, engine, awake, name, layers, most):
    address = {} if name == "pretrained" else {"run": begin(engine, name)}
    page.goto(f"{app_url}/convolution?{urlencode(address)}")
    page.locator(f"{SCOPE} .scope").wait_for(timeout=60_000)
    settled(page)
    page.wait_for_timeout(1500)
    opened = [page.evaluate(OPEN, [SCOPE, layers[at % len(layers)], at]) for at in range(OPENINGS)]
    page.locator(f"{SCOPE} .bar select").select_option("conv2")
    page.wait_for_timeout(1000)
    moves = page.evaluate(MOVE, [SCOPE, MOVES])
    show(f"The microscope on {name}, milliseconds in Chromium", [
        Figure("a layer is opened: from the click to the numbers", opened, "ms", most=most),
        Figure("the same, 95th percentile", opened, "ms", of=percentile(0.95)),
        Figure("the stamp is moved over conv2: from the hand to the painted frame", moves, "ms", most=50),
        Figure("the same, 95th percentile", moves, "ms", most=50, of=percentile(0.95)),
    ])


def begin(engine, preset: str) -> str:
    """Start a run of a preset, let it take one step, and return its id."""
    run = engine.start_run(apply_preset(Experiment(), preset), "bench", paused=True)
    engine.step(run, "bench")
    wait_until(lambda: engine.view(run).live_step is not None and engine.view(run).state == "paused", 120,
               "the run has no weights")
    return run
