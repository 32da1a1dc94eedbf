"""The diffusions that come with the project: a prompted rectified flow, and a small v-model for comparing samplers.

And how well they do as they were written: judged by the digit network that comes with the project.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.data import images
from dlcore.data.noised import as_pictures
from dlcore.data.strokes import MEASURES, measure
from dlcore.diffusion.prompts import ENGLISH, NUMERALS, TURKISH, read_prompt
from dlcore.explain.denoising import Asker, denoise, start_noise, usual_plan
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load, load_written
from dlcore.specs.denoiser import CLASSES, Denoiser, Process
from dlcore.specs.diffusion import Diffusion, DiffusionTraining
from dlcore.training.diffusion_jobs import BATCH
from dlcore.training.diffusion_measure import READER, Nearest, deviation

PROMPTS = Diffusion(network=Denoiser(condition="prompt"),
                    training=DiffusionTraining(epochs=5, ema=0.999, precision="bfloat16", seed=7))
VELOCITY = Diffusion(process=Process(target="v"), network=Denoiser(width=24),
                     training=DiffusionTraining(epochs=2, times="uniform", precision="bfloat16", seed=7))
DIFFUSIONS = {"prompts": PROMPTS, "velocity": VELOCITY}
HERE = Path(".")
STEPS, GUIDANCE = 10, 2.0                 # of the pictures that are judged
SEEDS = 5                                 # noises of each pair of prompts
PAIRS = {                                 # words whose pictures differ in a measure, the lower first
    "stroke": (("thin", "thick"), ("ince", "kalın")),
    "slant": (("left slanted", "right slanted"), ("sola yatık", "sağa yatık")),
    "width": (("narrow", "wide"), ("dar", "geniş"))}
SAID = ("{numeral}", "a {english}", "bir {turkish}", "a thin {english}", "kalın bir {turkish}", "a wide {numeral}",
        "dar {turkish}", "a left slanted {english}", "sağa yatık bir {turkish}", "a thick upright {english}")


def hundred_prompts() -> list[tuple[str, int]]:
    """Return a hundred prompts over all digits and attributes, in both languages, with the digits that they ask for."""
    return [(_fill(text, digit), digit) for digit in range(CLASSES) for text in SAID]


def _fill(text: str, digit: int) -> str:
    return text.format(numeral=NUMERALS[digit], english=ENGLISH[digit], turkish=TURKISH[digit])


def measure_diffusion(name: str, folder: Path = FOLDER, seeds: int = SEEDS, every: int = 1) -> dict[str, float]:
    """Return how well a pretrained diffusion, as it was written, draws what it is asked for.

    measured    how many prompts (or classes) were drawn: a hundred, or each of them that `every` counts
    read_right  the share of them whose picture is read as the digit asked for
    ordered_... of prompted ones: the share of pairs of pictures from the same noise, of the same digit, whose stroke,
                slant or width are ordered as their words
    deviation, data_deviation   of a pixel over the pictures of a digit, and over training digits (root mean square)
    nearest, usual_nearest      median distance to the nearest training digit, and that of real test digits
    """
    snapshot = load_written(name, folder)
    told = hundred_prompts() if snapshot.spec.condition == "prompt" else [
        (digit, digit) for digit in range(CLASSES) for _ in range(CLASSES)]
    told = told[::every]
    pictures = draw(snapshot, [asked for asked, _ in told], range(len(told)))
    digits = np.array([digit for _, digit in told])
    found = {"measured": len(told), "read_right": float((read(pictures) == digits).mean())} | _spread(pictures, digits)
    if snapshot.spec.condition == "prompt":
        found |= {f"ordered_{measured}": share_ordered(snapshot, measured, seeds) for measured in PAIRS}
    return {key: round(value, 4) for key, value in found.items()}


def share_ordered(snapshot: DiffusionSnapshot, measured: str, seeds: int) -> float:
    """Return the share of pairs of pictures, of all digits in both languages, that are ordered as their words."""
    sides = []
    for side in (0, 1):
        texts = [f"{pair[side]} {names[digit]}" for pair, names in zip(PAIRS[measured], (ENGLISH, TURKISH))
                 for digit in range(CLASSES) for _ in range(seeds)]
        pictures = draw(snapshot, texts, [number % seeds for number in range(len(texts))])
        sides.append(measure(pictures)[:, MEASURES.index(measured)])
    return float((sides[0] < sides[1]).mean())


def draw(snapshot: DiffusionSnapshot, asked: Sequence[str | int], seeds: Sequence[int]) -> NDArray[np.uint8]:
    """Return a guided picture (n, 28, 28) of each prompt or class, from the noise of each seed."""
    plan, made = usual_plan(snapshot.spec, STEPS), []
    for first in range(0, len(asked), BATCH):
        part = asked[first: first + BATCH]
        x = torch.cat([start_noise(snapshot.spec.data.shape, 1, seed) for seed in seeds[first: first + BATCH]])
        for step in denoise(_asker(snapshot, part), x, plan):
            x = step.x_next
        made.append(as_pictures(x))
    return np.concatenate(made)


@torch.inference_mode()
def _asker(snapshot: DiffusionSnapshot, asked: Sequence[str | int]) -> Asker:
    if snapshot.spec.condition == "prompt":
        rows = [[read_prompt(text).symbols for text in texts] for texts in (asked, [""] * len(asked))]
    else:
        rows = [list(asked), [CLASSES] * len(asked)]
    told, away = (snapshot.module.tell(torch.tensor(row)) for row in rows)
    return Asker(snapshot.module, told, away, GUIDANCE)


def read(pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return what the digit network that comes with the project reads, (n,)."""
    reader = load(READER, HERE)
    return torch.cat([reader.read(part) for part in torch.from_numpy(pictures).split(100)]).argmax(1).numpy()


def _spread(pictures: NDArray[np.uint8], digits: NDArray) -> dict[str, float]:
    """Return how the pictures of a digit differ, and how far they are from the training digits."""
    loaded = images.load("mnist")
    search, usual = Nearest(pictures), Nearest(loaded.test_images[::100])
    for first in range(0, len(loaded.train_images), 10_000):
        for one in (search, usual):
            one.look(loaded.train_images[first: first + 10_000])
    kinds = [(pictures[digits == digit], loaded.train_images[loaded.train_labels == digit]) for digit in range(CLASSES)]
    drawn, data = np.mean([[deviation(ours), deviation(real)] for ours, real in kinds], 0)
    return {"deviation": float(drawn), "data_deviation": float(data),
            "nearest": float(np.median(search.distances)), "usual_nearest": float(np.median(usual.distances))}
