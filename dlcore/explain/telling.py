"""What the cells tell of a sequence: the next symbol, a text of their own, its surprise, an answer, a forecast."""

import numpy as np
import torch

from dlcore.data.grammar import grammar
from dlcore.data.memory_tasks import NEAR, symbols_of
from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.gates import unroll
from dlcore.explain.generation import Generator, read_sampling
from dlcore.explain.inside_cells import read_out, surprise
from dlcore.explain.recurrent_snapshot import Question, RecurrentSnapshot
from dlcore.training.sequence_tasks import forecast

SHORT = 100  # symbols that a request makes up at once; more is a Job


def tell_next(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return each cell's probabilities of what comes behind a text, and what a symbol is drawn from."""
    beginning, sampling = read_beginning(snapshot, request), read_sampling(request)
    true = true_probabilities(snapshot, beginning.numpy())
    symbols, cells = snapshot.vocabulary.shown(range(len(snapshot.vocabulary.symbols))), {}
    for name, network in snapshot.cells(request).items():
        with torch.inference_mode():
            scores = network(beginning[None])[0][0, -1]
        shares, kept = scores.softmax(-1), sampling.keep(scores)
        order = shares.argsort(descending=True)
        cells[name] = {"symbols": [symbols[number] for number in order.tolist()],
                       "probabilities": shares[order].numpy(), "kept": kept[order].numpy(),
                       "true": None if true is None else true[-1][order.numpy()]}
    return {"cells": cells}


def read_beginning(snapshot: RecurrentSnapshot, request: dict) -> torch.Tensor:
    """Return the start symbol and the text behind it, which may be empty here: (time,) numbers."""
    if not snapshot.data.is_text:
        raise EngineError(N_("The cells of this run have not learned from a text."))
    text = request.get("text") or ""
    numbers = snapshot.vocabulary.encode(text) if text else []
    return torch.tensor([snapshot.vocabulary.start, *numbers])


def true_probabilities(snapshot: RecurrentSnapshot, numbers: np.ndarray) -> np.ndarray | None:
    """Return the grammar's own probabilities (time, words) behind each word, or None for other texts."""
    if snapshot.data.task != "grammar":
        return None
    return grammar(snapshot.data.language).follow(numbers).astype(np.float32)


def make_generator(snapshot: RecurrentSnapshot, request: dict) -> Generator:
    """Return what makes up the texts that a request asks for."""
    ends = () if snapshot.data.task == "shakespeare" else (snapshot.vocabulary.start,)
    return Generator(snapshot.cell(request.get("cell")), read_beginning(snapshot, request),
                     int(request.get("count", 12)), int(request.get("length", 60)), read_sampling(request),
                     int(request.get("seed", 0)), ends)


def tell_texts(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return texts that a cell makes up in one go."""
    if int(request.get("length", 60)) > SHORT:
        raise SpecError("length", N_("At most {most} symbols are made up at once; longer texts take a Job."),
                        most=SHORT)
    generator = make_generator(snapshot, request)
    while not generator.done:
        generator.step()
    return generator.tell(snapshot.vocabulary)


def tell_surprise(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return how many bits each symbol of a text costs each cell; of names, the end too."""
    question = snapshot.read(request)
    targets = question.targets[:-1].numpy()
    if snapshot.data.task == "names":
        targets = np.append(targets, snapshot.vocabulary.start)
    cells = {}
    for name, network in snapshot.cells(request).items():
        bits = surprise(_read(snapshot, network, question)[: len(targets)], targets)
        cells[name] = {"bits": bits, "mean": float(bits.mean())}
    true = true_probabilities(snapshot, question.inputs.numpy())
    return {"symbols": snapshot.vocabulary.shown(targets), "cells": cells,
            "true": None if true is None else surprise(true[: len(targets)], targets)}


def tell_example(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return what each cell answers to a held-out sequence of a task without text."""
    if snapshot.data.is_text:
        raise EngineError(N_("The cells of this run have learned from a text, which has no examples."))
    question = snapshot.read(request)
    numbers, targets = snapshot.data.takes_numbers, question.targets.numpy()
    cells = {}
    for name, network in snapshot.cells(request).items():
        outputs = _read(snapshot, network, question)
        answers = outputs[:, 0] if numbers else outputs.argmax(-1)
        asked = ~np.isnan(targets) if numbers else targets >= 0
        missed = np.abs(answers - targets)[asked]
        right = bool((missed < NEAR).all()) if numbers else bool((missed == 0).all())
        cells[name] = {"outputs": outputs, "answers": answers if numbers else [symbols_of(snapshot.data)[answer]
                                                                               for answer in answers],
                       "right": right, "error": float(np.sqrt((missed**2).mean())) if numbers else None}
    told = targets if numbers else [symbols_of(snapshot.data)[target] if target >= 0 else "" for target in targets]
    return {"inputs": question.names, "targets": told, "cells": cells}


def _read(snapshot: RecurrentSnapshot, network, question: Question) -> np.ndarray:
    return read_out(snapshot, network, unroll(network, question.embedded(network))[-1].hidden[0])


def tell_forecast(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return how each cell foretells a held-out series, one step ahead and then on its own."""
    if snapshot.data.task != "series":
        raise EngineError(N_("The cells of this run have not learned from a series."))
    held = snapshot.sequences.held_series()
    series = torch.from_numpy(held[int(request.get("example", 0)) % len(held)])
    length, horizon = snapshot.data.length, snapshot.data.horizon
    context = min(max(int(request.get("context", length)), 2), length)
    given, truth = series[length - context: length], series[length:]
    cells = {}
    for name, network in snapshot.cells(request).items():
        with torch.inference_mode():
            ahead = network(given[None, :-1, None])[0][0, :, 0]
        told = forecast(network, given[None], horizon)[0]
        cells[name] = {"told": ahead.numpy(), "forecast": told.numpy(),
                       "error": (told - truth).square().mean().sqrt().item()}
    column = snapshot.sequences.column
    return {"given": given.numpy(), "truth": truth.numpy(), "cells": cells,
            "mean": column.mean if column else 0.0, "deviation": column.deviation if column else 1.0}
