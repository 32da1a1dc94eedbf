"""A transformer as the PyTorch code that a person would write for it (printed without torch)."""

import json
from collections.abc import Iterator
from textwrap import indent

from dlcore.export.notes import print_notes, tell_changes, tell_precision
from dlcore.export.pytorch import print_optimizer
from dlcore.export.transformer_module import print_modules
from dlcore.seeds import derive
from dlcore.specs import codec
from dlcore.specs.transformer import Transformer, steps_per_epoch

PLAYS = '''\
text = Path("shakespeare.txt").read_text()
symbols = {{symbol: number for number, symbol in enumerate(sorted(set(text)))}}
numbers = torch.tensor([symbols[symbol] for symbol in text])
numbers = numbers[:len(numbers) - len(numbers) // 10]  # the last tenth is kept back


def batch(step):
    """Return windows of the text, and the character that comes next at every place."""
    draws = np.random.default_rng(derive({seed}, "batch", step))
    first = torch.from_numpy(draws.integers(len(numbers) - {context}, size={batch}))
    rows = numbers[first[:, None] + torch.arange({context} + 1)]
    return rows[:, :-1], rows[:, 1:]'''
PROJECT = '''\
spec = codec.from_dict(json.loads("""{spec}"""))
texts = open_texts(spec{home})


def batch(step):
    """Return what the network reads and what it is asked for at every place (-100 where nothing)."""
    drawn = texts.batch(step)
    return {returned}'''
BEGIN = '''\
model = {model}
torch.manual_seed({seed})
for name, module in model.named_modules():
    if isinstance(module, nn.Linear):  # smaller where it writes into the residual stream
        size = {shrink:.6g} if name.endswith(("project_out", "narrow")) else 1.0
        nn.init.normal_(module.weight, std=size * module.in_features**-0.5)
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.3 * module.embedding_dim**-0.5)
    if getattr(module, "positions", None) is not None:
        nn.init.normal_(module.positions, std=0.3)'''
FACTORS = {
    "constant": "1.0", "cosine": "0.5 * (1 + cos(pi * (step - WARMUP) / max(STEPS - WARMUP, 1)))",
    "inverse_root": "(max(1, WARMUP) / max(1, step)) ** 0.5",
}
CHANGES = {
    "training.learning_rate": "rate = {value:g}", "training.clip": "clip = {value:g}",
    "training.weight_decay": 'optimizer.param_groups[0]["weight_decay"] = {value:g}',
    "training.momentum": 'optimizer.param_groups[0]["momentum"] = {value:g}',
    "network.dropout": "for module in model.modules():\n    if isinstance(module, nn.Dropout):\n"
                       "        module.p = {value:g}",
}


def print_transformer(spec: Transformer) -> str:
    """Return a whole script: the network, what it reads, and its training, batch by batch the same as here.

    Without dropout (whose draws are torch's own there) it ends in the same weights, but for rounding.
    """
    parts = [_imports(spec), _constants(spec), print_modules(spec), _batches(spec), _begin(spec), _factor(spec),
             _loop(spec)]
    return print_notes(_left_out(spec)) + "\n\n\n".join(parts) + "\n"


def _left_out(spec: Transformer) -> Iterator[str]:
    training = spec.training
    if spec.network.dropout or any(made.field == "network.dropout" for made in spec.changes):
        yield "the very draws of dropout: the seed is another here"
    if training.device != "cpu":
        yield f"the device {training.device}: this computes on the CPU"
    if training.precision != "bfloat16":
        yield from tell_precision(training, "with wide networks where that is faster")
    yield from tell_changes(spec.changes, (*CHANGES, "training.epochs"))


def _plain(spec: Transformer) -> bool:
    """Whether the script needs nothing of this project but its seeds to read the text."""
    return spec.data.task == "plays"


def _imports(spec: Transformer) -> str:
    lines = [] if _plain(spec) else ["import json"]
    lines += ["from math import cos, pi, sqrt"]
    lines += ["from pathlib import Path", "", "import numpy as np"] if _plain(spec) else [""]
    lines += ["import torch", "import torch.nn.functional as F", "from torch import nn, optim", ""]
    lines += ["from dlcore.seeds import derive  # this project's: a seed for each purpose and step"] if _plain(spec) \
        else ["from dlcore.data.texts import open_texts  # this project's", "from dlcore.specs import codec"]
    return "\n".join(lines)


def _constants(spec: Transformer) -> str:
    network, training = spec.network, spec.training
    return (f"LAYERS, HEADS, WIDTH, HIDDEN = {network.layers}, {network.heads}, {network.width}, "
            f"{network.width * network.feed_forward}\n"
            f"STEPS, WARMUP = {last_epochs(spec) * steps_per_epoch(spec)}, {training.warmup}")


def last_epochs(spec: Transformer) -> int:
    """Return the epochs that are trained, the last change to them counted."""
    return next((made.value for made in reversed(spec.changes) if made.field == "training.epochs"),
                spec.training.epochs)


def _batches(spec: Transformer) -> str:
    if _plain(spec):
        return PLAYS.format(seed=spec.training.seed, context=spec.network.context, batch=spec.training.batch_size)
    given = ("source", "inputs") if spec.data.translates else ("inputs",)
    parts = [f"torch.from_numpy(drawn.{name})" for name in (*given, "targets")]
    returned = f"({', '.join(parts[:-1])}), {parts[-1]}" if spec.data.translates else ", ".join(parts)
    home = ', "."  # the folder that has the text in texts/' if spec.data.task == "own" else ""
    spelled = json.dumps(codec.to_dict(spec)).replace("\\", "\\\\")
    return PROJECT.format(spec=spelled, returned=returned, home=f'{home}\n' if home else "")


def _begin(spec: Transformer) -> str:
    model = "Translator()" if spec.data.translates else "LanguageModel()"
    return BEGIN.format(model=model, seed=derive(spec.training.seed, "weights"),
                        shrink=(2 * spec.network.layers) ** -0.5)


def _factor(spec: Transformer) -> str:
    return ('def factor(step):\n    """Return what the learning rate is multiplied with."""\n    if step < WARMUP:\n'
            f"        return (step + 1) / (WARMUP + 1)\n    return {FACTORS[spec.training.schedule]}")


def _loop(spec: Transformer) -> str:
    training = spec.training
    step = [*_changes(spec), 'optimizer.param_groups[0]["lr"] = rate * factor(step)', "x, y = batch(step)"]
    call = "model(*x)" if spec.data.translates else "model(x)"
    half = ['with torch.autocast("cpu", torch.bfloat16):', f"    logits = {call}"]
    step += half if training.precision == "bfloat16" else [f"logits = {call}"]
    step += ["loss = F.cross_entropy(logits.float().flatten(0, 1), y.flatten())", "loss.backward()"]
    step += ["if clip:\n    nn.utils.clip_grad_norm_(model.parameters(), clip)", "optimizer.step()",
             "optimizer.zero_grad()", 'if step % 100 == 0:\n    print(f"step {step}: loss {loss.item():.4f}")']
    body = [f"rate, clip = {training.learning_rate:g}, {training.clip:g}", f"optimizer = {print_optimizer(training)}",
            "for step in range(STEPS):", indent("\n".join(step), "    "), 'print(f"loss {loss.item():.4f}")']
    return "\n".join(body)


def _changes(spec: Transformer) -> list[str]:
    """Return what was changed by hand while the run went on, where it was changed."""
    return [f"if step == {made.step}:  # by hand\n" + indent(CHANGES[made.field].format(value=made.value), "    ")
            for made in spec.changes if made.field in CHANGES]
