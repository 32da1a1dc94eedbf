"""How fast a transformer is looked into: all heads for a typed sentence, one token inside, and the longer work.

    python -m pytest tests/benchmarks/measure_attention.py -s
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
import torch

from dlcore.data.text import load_plays
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.specs import codec
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork
from dlcore.training.jobs import JOBS

NETWORK = {"layers": 4, "heads": 4, "width": 128}  # the small CPU setting
LIMIT = 0.150
TIMES = 15


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the explainer
    yield
    torch.set_num_threads(before)


def spec_of(task: str, context: int = 64) -> Transformer:
    return Transformer(data=TextData(task=task), network=TransformerNetwork(**NETWORK, context=context))


CASES = [("numbers", 64, "seven thousand nine hundred seventy seven"), ("dates", 64, "23 september 1998"),
         ("reverse", 64, "abcdefghij"), ("plays", 64, 64), ("plays", 256, 256)]


def text_of(spec: Transformer, text: str | int) -> str:
    from dlcore.data.texts import open_texts

    return text if isinstance(text, str) else open_texts(spec).target.decode(load_plays()[1][:text].tolist())


@pytest.mark.parametrize(("task", "context", "text"), CASES)
def test_looking(task, context, text):
    spec = spec_of(task, context)
    snapshot, text = load({"spec": codec.to_dict(spec)}, Path(".")), text_of(spec, text)
    part = "cross" if spec.data.translates else "decoder"
    asked = {"attention": {}, "inside": {"part": part, "layer": 2, "head": 1}, "rollout": {}, "next": {},
             "shuffle": {}} | ({"beams": {"width": 4}, "alignment": {}} if spec.data.translates else {"token": {}})
    told = {}
    for kind, extra in asked.items():
        spent = []
        for _round in range(TIMES):
            begun = time.perf_counter()
            answer = REQUESTS[f"transformer_{kind}"](snapshot, {"text": text, **extra})
            spent.append(time.perf_counter() - begun)
        told[kind] = f"{median(spent) * 1000:.1f}"
        if kind == "attention":
            size = answer["weights"].nbytes
            assert median(spent) < LIMIT
    print(f"\n{task} context {context}: weights {size / 1024:.0f} KiB; ms {told}")


@pytest.mark.parametrize(("kind", "task", "context", "more"), [
    ("evaluate", "numbers", 64, {}), ("importance", "numbers", 64, {}), ("importance", "plays", 64, {}),
    ("attribution", "numbers", 64, {"text": CASES[0][2]}), ("attribution", "plays", 64, {"text": 64}),
    ("attribution", "plays", 256, {"text": 256}), ("induction", "plays", 64, {}),
    ("generate", "plays", 64, {"text": "O", "count": 60, "compare": True}),
    ("generate", "plays", 256, {"text": "O", "count": 250, "compare": True})])
def test_working(kind, task, context, more):
    spec = spec_of(task, context)
    request = {"model": {"spec": codec.to_dict(spec)}, **more}
    if "text" in more:
        request["text"] = text_of(spec, more["text"])
    job, turns, begun = JOBS[f"transformer_{kind}"](request, Path(".")), [], time.perf_counter()
    while not job.finished:
        started = time.perf_counter()
        job.advance(0.03)
        turns.append(time.perf_counter() - started)
    spent = time.perf_counter() - begun
    found = {name: f"{sum(seconds) / len(seconds) * 1000:.2f} ms/token, last {seconds[-1] * 1000:.2f}"
             for name, seconds in (job.result.get("seconds") or {}).items()} if kind == "generate" else ""
    print(f"\n{kind} {task} {context}: {spent:.2f} s in {len(turns)} turns, median {median(turns) * 1000:.0f} ms, "
          f"longest {max(turns) * 1000:.0f} ms {found}")
