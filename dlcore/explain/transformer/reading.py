"""The texts that a transformer is asked about, as tokens, and the passes through it."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dlcore.data.tokens import Tokens
from dlcore.data.translation import answer
from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.transformer.passing import HeadName, Passed, pass_through, read_off, switched_off
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.models import generation
from dlcore.models.generation import START, STOP

MOST_TOKENS = 4_000  # of a generation
NOT_KNOWN = N_("The network does not know these tokens. Begin with a text.")


@dataclass(frozen=True)
class Reading:
    """What encoder (None of a language model) and decoder read, (1, tokens) each, and the heads that are off.

    `told` is whether the target is the network's own answer.
    """

    snapshot: TransformerSnapshot
    source: Tensor | None
    target: Tensor
    off: frozenset[HeadName]
    told: bool

    def run(self) -> Passed:
        """Return a pass of it."""
        return pass_through(self.snapshot.module, self.source, self.target, self.off)

    def names(self, side: str) -> list[str]:
        """Return the tokens of "source" or "target" as they can be seen."""
        if side == "source":
            return [] if self.source is None else source_of(self.snapshot).shown(self.source[0].tolist())
        return self.snapshot.texts.target.shown(self.target[0].tolist())


def read(snapshot: TransformerSnapshot, request: dict) -> Reading:
    """Return what a request asks about; SpecError "text" or "target", EngineError for heads that are not there."""
    off, source = read_off(snapshot.module, request), read_source(snapshot, request)
    if source is None:
        return Reading(snapshot, None, torch.tensor([read_prompt(snapshot, request)]), off, False)
    given = request.get("target")
    most = snapshot.module.decoder.most - 1
    target = own_answer(snapshot, source, off)[:most] if given is None else read_target(snapshot, given)
    return Reading(snapshot, source, torch.tensor([[START, *target]]), off, given is None)


def read_source(snapshot: TransformerSnapshot, request: dict) -> Tensor | None:
    """Return what the encoder reads (1, source), STOP at its end; None of a language model."""
    if not snapshot.spec.data.translates:
        return None
    text, most = str(request.get("text") or ""), snapshot.module.encoder.most - 1
    return torch.tensor([[*source_of(snapshot).encode(text, "text", most), STOP]])


def read_prompt(snapshot: TransformerSnapshot, request: dict) -> list[int]:
    """Return the text so far of a language model; SpecError where it is longer than the context."""
    return snapshot.texts.target.encode(str(request.get("text") or ""), "text", snapshot.module.decoder.most)


def read_ids(snapshot: TransformerSnapshot, request: dict) -> list[int]:
    """Return the tokens so far: "ids", or those of the prompt "text"; SpecError, EngineError."""
    if request.get("ids") is None:
        return read_prompt(snapshot, request)
    ids = read_numbers(snapshot, request["ids"])
    if not ids:
        raise EngineError(NOT_KNOWN)
    if len(ids) > MOST_TOKENS:
        raise SpecError("text", N_("The text has {count} symbols, more than {most}. Shorten it."), count=len(ids),
                        most=MOST_TOKENS)
    return ids


def read_numbers(snapshot: TransformerSnapshot, numbers: Iterable[int]) -> list[int]:
    """Return tokens that are given by their numbers; EngineError where one is none."""
    ids = [int(number) for number in numbers]
    if not all(0 <= number < snapshot.texts.target.used for number in ids):
        raise EngineError(NOT_KNOWN)
    return ids


def read_target(snapshot: TransformerSnapshot, given: str | list[int]) -> list[int]:
    """Return a given target, which may be empty: a text, or the numbers of its tokens."""
    most = snapshot.module.decoder.most - 1
    if isinstance(given, list):
        return read_numbers(snapshot, given)[:most]
    return snapshot.texts.target.encode(given, "target", most) if given.strip() else []


def own_answer(snapshot: TransformerSnapshot, source: Tensor, off: frozenset[HeadName]) -> list[int]:
    """Return a translator's answer, each time the likeliest token, without STOP."""
    with switched_off(snapshot.module, off):
        return before_stop(generation.answer(snapshot.module, source)[0].tolist())


def before_stop(told: list[int]) -> list[int]:
    """Return what is told before STOP."""
    return told[: told.index(STOP)] if STOP in told else told


def source_of(snapshot: TransformerSnapshot) -> Tokens:
    """Return the tokens that the encoder reads; EngineError where there is none."""
    if snapshot.texts.source is None:
        raise EngineError(N_("A language model has no encoder. Choose a translation."))
    return snapshot.texts.source


def need_text(snapshot: TransformerSnapshot) -> None:
    """Raise EngineError for a translator."""
    if snapshot.spec.data.translates:
        raise EngineError(N_("A translator does not go on with a text. Choose a language model."))


def need_steps(request: dict) -> list[int]:
    """Return the steps of a recording that a request names; SpecError where there are none yet."""
    steps = [int(step) for step in request["steps"]]
    if not steps:
        raise SpecError("steps", N_("The recording has no snapshots yet. Let the network learn a little."))
    return steps


def truth_of(snapshot: TransformerSnapshot, request: dict) -> str | None:
    """Return the right answer to the text of a request, or None where none is known."""
    return answer(snapshot.spec.data, str(request["text"])) if snapshot.spec.data.translates else None
