"""A diffusion as the PyTorch code that a person would write for it (printed without torch)."""

from collections.abc import Iterator
from textwrap import indent

from dlcore.data import clouds
from dlcore.export.denoiser import print_denoiser
from dlcore.export.drawing import NONE, print_drawing
from dlcore.export.notes import print_notes, tell_changes
from dlcore.export.playground import print_function
from dlcore.export.pytorch import TORCHVISION
from dlcore.specs.diffusion import Diffusion, steps_per_epoch
from dlcore.specs.sampling import Sampling

GENERATOR = '''\
def seed_of(*parts):
    """Return a seed for each purpose and step, so that every draw is the one that was on screen."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(*parts):
    return torch.Generator().manual_seed(seed_of(*parts))'''
PICTURES = '''\
pictures = datasets.{name}("data", train=True, download=True)
clean, labels = pictures.data, pictures.targets  # bytes (n, 28, 28)'''
SUBSET = '''
chosen = torch.randperm(len(clean), generator=generator(SEED, "subset"))[:{count}].sort().values
clean, labels = clean[chosen], labels[chosen]'''
FLOW = '''\
def signal(t):
    """Return what the data is multiplied with at time t: a straight line (arXiv:2209.03003)."""
    return 1 - t / T


def noise(t):
    """Return what the noise is multiplied with."""
    return t / T'''
CURVES = {
    "linear": "betas = np.linspace(1e-4, 0.02, T)\nalpha_bar = np.cumprod(np.concatenate([[1], 1 - betas]))"
              "  # arXiv:2006.11239",
    "cosine": "wave = np.cos((np.arange(T + 1) / T + 0.008) / 1.008 * np.pi / 2)**2  # arXiv:2102.09672\n"
              "betas = np.minimum(1 - wave[1:] / wave[:-1], 0.999)\n"
              "alpha_bar = np.cumprod(np.concatenate([[1], 1 - betas]))",
    "sigmoid": "curve = 1 / (1 + np.exp(6 * np.arange(T + 1) / T - 3))  # arXiv:2212.11972\n"
               "alpha_bar = np.maximum((curve - curve[-1]) / (curve[0] - curve[-1]), 1e-9)"}
TABLE = '''
alpha_bar = torch.from_numpy(alpha_bar)  # the share of the data's variance that is left


def signal(t):
    """Return what the data is multiplied with at time t."""
    return alpha_bar[torch.as_tensor(t).round().long()].sqrt()


def noise(t):
    """Return what the noise is multiplied with."""
    return (1 - alpha_bar[torch.as_tensor(t).round().long()]).sqrt()'''
TARGETS = {"flow": "epsilon - x0", "v": "alpha * epsilon - sigma * x0", "x0": "x0", "noise": "epsilon"}
TIMES = {
    "uniform": "t = share * T",
    "logit_normal": "t = torch.special.ndtri(share.clamp(1e-6, 1 - 1e-6)).sigmoid() * T  # more often in the middle"}
CHANGES = {"learning_rate": "rate", "weight_decay": "decay", "ema": "ema", "drop": "drop", "epochs": "total"}
FACTORS = {"cosine": "0.5 * (1 + cos(pi * min(step / total, 1)))", "constant": "1.0"}
TOLD = {"none": "", "class": ", told", "prompt": ", told"}
BOTTOM = '''\
weights = Path("diffusion.safetensors")  # the mean weights, as they can be downloaded beside this code
if weights.exists():
    mean.load_state_dict(load_file(weights))
else:
    train()
{show}'''
SHOW = {True: 'np.savetxt("points.csv", sample().cpu().numpy() * SCALE)',
        False: 'save_image(sample() * 0.5 + 0.5, "drawn.png", nrow=8)'}


def print_diffusion(spec: Diffusion, sampling: Sampling | None = None) -> str:
    """Return a whole script: data, noise, network, training and the way back from noise.

    Its training begins with the same weights and sees the same batches as here; from the same weights it draws the
    same pictures. It differs by rounding alone.
    """
    parts = [_imports(spec), _constants(spec), GENERATOR, _data(spec), _path(spec), _batch(spec), print_denoiser(spec),
             _begin(spec), _train(spec), print_drawing(spec, sampling or Sampling()),
             BOTTOM.format(show=SHOW[spec.data.on_plane])]
    replayed = [f"training.{name}" for name in (*CHANGES, "prompt")]  # the prompt changes what is looked at alone
    return print_notes(tell_changes(spec.changes, replayed)) + "\n\n\n".join(parts) + "\n"


def _imports(spec: Diffusion) -> str:
    cosine = spec.training.schedule == "cosine"
    pictures = [] if spec.data.on_plane else ["from torchvision import datasets",
                                              "from torchvision.utils import save_image"]
    project = [] if spec.condition != "prompt" else [
        "", "from dlcore.data.noised import caption_of  # this project's: what is measured in a picture, in words",
        "from dlcore.diffusion.prompts import read_prompt"]
    maths = "cos, log, pi" if cosine else "log"
    return "\n".join(["import hashlib", "from copy import deepcopy", f"from math import {maths}",
                      "from pathlib import Path", "", "import numpy as np", "import torch",
                      "import torch.nn.functional as F", "from safetensors.torch import load_file",
                      "from torch import nn, optim", *pictures, *project])


def _constants(spec: Diffusion) -> str:
    training = spec.training
    lines = [f"T = 1000  # time: from 0 (the data) to T (noise)\nSEED, BATCH = {training.seed}, {training.batch_size}",
             f'device = torch.device("{training.device}")']
    lines += [f"SCALE = {clouds.SCALE:g}  # the plane is divided by it"] if spec.data.on_plane else []
    return "\n".join(lines + ([NONE] if spec.condition == "class" else []))


# what is un-noised

def _data(spec: Diffusion) -> str:
    data = spec.data
    if not data.on_plane:
        subset = SUBSET.format(count=data.count) if data.count < 60_000 else ""
        return PICTURES.format(name=TORCHVISION[data.dataset][0]) + subset
    if data.dataset == "own":
        return f"clean = torch.tensor({[list(point) for point in data.own]})"
    return "\n".join(_cloud(spec))


def _cloud(spec: Diffusion) -> Iterator[str]:
    """Yield the lines that make the points: the very functions that the page uses."""
    data, maker = spec.data, clouds.SETS[spec.data.dataset]
    if data.dataset != "moons":
        yield f"RADIUS = {clouds.RADIUS:g}\n\n"
        yield print_function(clouds._polar, "polar") + "\n"
    yield print_function(maker, data.dataset) + "\n"
    yield f'draws = np.random.default_rng(seed_of({data.seed}, "cloud", "train"))'
    yield f"points = {data.dataset}({data.points}, draws)"
    yield f"points = points + draws.normal(0, {data.noise / 50:g}, points.shape)"
    yield "clean = torch.from_numpy(points.astype(np.float32))"


def _path(spec: Diffusion) -> str:
    return FLOW if spec.process.target == "flow" else CURVES[spec.process.curve] + TABLE


def _batch(spec: Diffusion) -> str:
    return (f'def batch(step{_drop(spec)}):\n    """Return x_t, the times t, what is to be told of x_t'
            f'{_said(spec)}."""\n' + indent("\n".join(_batch_lines(spec)), "    "))


def _drop(spec: Diffusion) -> str:
    return "" if spec.condition == "none" else ", drop"


def _said(spec: Diffusion) -> str:
    return {"none": "", "class": ", and the classes", "prompt": ", and the captions' symbols"}[spec.condition]


def _batch_lines(spec: Diffusion) -> Iterator[str]:
    yield "epoch, place = divmod(step, -(-len(clean) // BATCH))"
    yield 'order = torch.randperm(len(clean), generator=generator(SEED, "order", epoch))'
    yield "chosen = order[place * BATCH:(place + 1) * BATCH]"
    yield 'draws, count = generator(SEED, "noise", step), len(chosen)'
    yield "share = (torch.randperm(count, generator=draws) + torch.rand(count, generator=draws)) / count"
    yield TIMES[spec.training.times]
    if spec.condition != "none":
        yield "left_out = torch.rand(count, generator=draws) < drop  # so that it learns the unconditional answer too"
    if spec.condition == "class":
        yield "told = labels[chosen].where(~left_out, torch.tensor(NONE))"
    if spec.condition == "prompt":
        yield "told = caption_of(clean[chosen].numpy(), labels[chosen].numpy(), draws)"
        yield 'told[left_out] = torch.tensor(read_prompt("").symbols)'
    if spec.process.target != "flow":
        yield "t = t.ceil().clamp(1, T)  # the curve is a table"
    plane = spec.data.on_plane
    yield "x0 = clean[chosen] / SCALE" if plane else "x0 = clean[chosen][:, None].float() / 127.5 - 1"
    yield "epsilon = torch.randn(x0.shape, generator=draws)"
    places = ":, None" if plane else ":, None, None, None"
    yield f"alpha, sigma = (level(t).float()[{places}] for level in (signal, noise))"
    given = ["alpha * x0 + sigma * epsilon", "t", TARGETS[spec.process.target], *(["told"] if _drop(spec) else [])]
    yield f"return [part.to(device) for part in ({', '.join(given)})]"


# how it learns

def _begin(spec: Diffusion) -> str:
    name = "PointDenoiser" if spec.data.on_plane else "UNet"
    layout = ", memory_format=torch.channels_last" if name == "UNet" and _half(spec) is None else ""
    return ('torch.manual_seed(seed_of(SEED, "weights"))\n'
            f"model = {name}().to(device{layout})\n"
            "mean = deepcopy(model).eval().requires_grad_(False)  # of the weights along the training: it is sampled")


def _train(spec: Diffusion) -> str:
    training = spec.training
    body = ['"""Let the network learn, and the mean follow it."""',
            *([f"half = {_half(spec)}"] if _half(spec) else []),
            f"rate, decay, ema = {training.learning_rate:g}, {training.weight_decay:g}, {training.ema:g}",
            *([f"drop = {training.drop:g}"] if _drop(spec) else []),
            f"total = {training.epochs} * {steps_per_epoch(spec)}  # epochs, and the steps of one",
            "optimizer = optim.AdamW(model.parameters())", f"for step in range({_last_step(spec)}):",
            indent("\n".join(_step(spec)), "    ")]
    return "def train():\n" + indent("\n".join(body), "    ")


def _last_step(spec: Diffusion) -> str:
    epochs = next((made.value for made in reversed(spec.changes) if made.field == "training.epochs"), None)
    return "total" if epochs is None else f"{epochs} * {steps_per_epoch(spec)}"


def _step(spec: Diffusion) -> Iterator[str]:
    yield from _changes(spec)
    yield f"optimizer.param_groups[0][\"lr\"] = rate * {FACTORS[spec.training.schedule]}"
    yield 'optimizer.param_groups[0]["weight_decay"] = decay'
    yield f"x, t, wanted{TOLD[spec.condition]} = batch(step{_drop(spec)})"
    call = f"model(x, t{TOLD[spec.condition]})"
    yield f"answer = {call}" if _half(spec) is None else \
        f"with torch.autocast(device.type, torch.bfloat16, enabled=half):\n    answer = {call}"
    yield "loss = F.mse_loss(answer.float(), wanted)"
    yield "loss.backward()"
    yield "nn.utils.clip_grad_norm_(model.parameters(), 1.0)"
    yield "optimizer.step()"
    yield "optimizer.zero_grad()"
    yield "share = min(ema, (2 + step) / (11 + step))  # at the beginning the weights are still chance"
    yield ("with torch.no_grad():\n    for slow, fast in zip(mean.parameters(), model.parameters()):\n"
           "        slow.lerp_(fast, 1 - share)")
    yield 'if step % 100 == 0:\n    print(f"step {step}: loss {loss.item():.4f}")'


def _half(spec: Diffusion) -> str | None:
    """Return whether it computes in bfloat16, in code, or None where it never does."""
    training = spec.training
    if training.precision == "float32" or training.reproducible or training.precision == "auto" and spec.data.on_plane:
        return None
    if training.precision == "bfloat16":
        return "True"
    return "torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()" \
        if training.device == "cpu" else "torch.cuda.is_bf16_supported(including_emulation=False)"


def _changes(spec: Diffusion) -> Iterator[str]:
    """Yield what was changed by hand while the run went on, where it was changed."""
    for made in spec.changes:
        name = made.field.partition(".")[2]
        if name in CHANGES and (name != "drop" or _drop(spec)):
            value = f"{made.value} * {steps_per_epoch(spec)}" if name == "epochs" else f"{made.value:g}"
            yield f"if step == {made.step}:  # by hand\n    {CHANGES[name]} = {value}"
