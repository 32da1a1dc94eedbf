"""How the next tokens are chosen: drawn from what the network tells, the likeliest each time, or by beam search."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from dlcore.models.stepping import Stepper
from dlcore.models.transformer import LanguageModel, Translator

START, STOP = 0, 1  # of dlcore.data.tokens.SPECIAL


@dataclass(frozen=True)
class Sampling:
    """How a symbol is drawn: scores over `temperature`; of these the `top_k` likeliest (0: all), and of those the
    likeliest that reach `top_p` together (Holtzman et al., 2019, arXiv:1904.09751)."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def keep(self, scores: Tensor) -> Tensor:
        """Return the probabilities (..., symbols) that symbols are drawn with; at temperature 0 the likeliest is 1."""
        if self.temperature == 0:
            return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)
        plain = (scores / self.temperature).softmax(-1)
        if not self.top_k and self.top_p >= 1:
            return plain
        shares, order = plain.sort(-1, descending=True)
        if self.top_k:
            shares[..., self.top_k:] = 0
            shares = shares / shares.sum(-1, keepdim=True)
        shares = shares * (shares.cumsum(-1) - shares < self.top_p)
        return torch.zeros_like(shares).scatter(-1, order, shares / shares.sum(-1, keepdim=True))


# a translator

@torch.inference_mode()
def answer(model: Translator, source: Tensor) -> Tensor:
    """Return the likeliest token each time, (batch, at most as many as the decoder reads), STOP and what is behind it
    included, for sources (batch, tokens)."""
    told, memory, cache = [torch.full((len(source), 1), START, device=source.device)], model.encoder(source), None
    ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    cache = model.new_cache()
    while len(told) <= model.decoder.most and not ended.all():
        chosen = model.step(told[-1], memory, cache)[:, -1].argmax(-1, keepdim=True)
        ended |= chosen[:, 0] == STOP
        told.append(chosen)
    return torch.cat(told[1:], 1)


@dataclass(frozen=True)
class Beam:
    """A node in the tree of a beam search: `token` comes behind the node `parent` (None: behind START).

    `step` is the token's log probability, `score` their sum from the start; `kept` whether the search went on from it
    (or it ended an answer among the best of its depth).
    """

    parent: int | None
    token: int
    depth: int
    step: float
    score: float
    kept: bool

    @property
    def ends(self) -> bool:
        """Whether the answer ends with it."""
        return self.token == STOP


@torch.inference_mode()
def search(model: Translator, source: Tensor, width: int) -> list[Beam]:
    """Return the tree of a beam search for a source (1, tokens): at each depth the `width` best answers are followed.

    Of each the `width` likeliest tokens are told; an answer that ended takes up one of the places.
    """
    nodes: list[Beam] = []
    memory, cache = model.encoder(source), model.new_cache()
    alive, room = [None], width
    while alive and room and cache.count < model.decoder.most:
        logits = model.step(_last(nodes, alive, source.device), memory.expand(len(alive), -1, -1), cache)[:, -1]
        found = _grow(nodes, alive, logits.log_softmax(-1), width)
        best = sorted(found, key=lambda node: -node.score)[:room]
        first = len(nodes)
        nodes += [Beam(node.parent, node.token, node.depth, node.step, node.score, node in best) for node in found]
        kept = [first + found.index(node) for node in best]
        rows = [alive.index(nodes[index].parent) for index in kept if not nodes[index].ends]
        room -= sum(nodes[index].ends for index in kept)
        alive = [index for index in kept if not nodes[index].ends]
        if alive:
            cache.choose(torch.tensor(rows, device=source.device))
    return nodes


def _last(nodes: list[Beam], alive: list[int | None], device: torch.device) -> Tensor:
    """Return the last token of each answer that is followed, (answers, 1)."""
    return torch.tensor([[START if index is None else nodes[index].token] for index in alive], device=device)


def _grow(nodes: list[Beam], alive: list[int | None], shares: Tensor, width: int) -> list[Beam]:
    """Return the likeliest tokens behind each answer, given their log probabilities (answers, tokens)."""
    grown = []
    for row, parent in enumerate(alive):
        above = nodes[parent] if parent is not None else None
        steps, tokens = shares[row].topk(min(width, shares.shape[1]))
        grown += [Beam(parent, token, above.depth + 1 if above else 1, step, (above.score if above else 0.0) + step,
                       False) for step, token in zip(steps.tolist(), tokens.tolist())]
    return grown


def path(nodes: list[Beam], index: int) -> list[int]:
    """Return the tokens from the start to a node."""
    tokens: list[int] = []
    at: int | None = index
    while at is not None:
        tokens.append(nodes[at].token)
        at = nodes[at].parent
    return tokens[::-1]


# a language model

class Writer:
    """Goes on with a text (time,) token by token: `logits` (tokens,) are what comes next; `take` takes a token up.

    With `cached`, a token costs the work of one. As many tokens as the decoder can read are seen; when they are more,
    the older half is forgotten and the rest is read anew (of a text that is recomputed each time, only the oldest one).
    """

    def __init__(self, model: LanguageModel, ids: list[int], cached: bool = True):
        self.model, self.cached, self.ids = model, cached, list(ids)
        self._first = max(0, len(ids) - model.decoder.most)
        self._stepper: Stepper | None = None
        self.logits = self._read()

    @torch.inference_mode()
    def take(self, token: int) -> None:
        """Append a token."""
        self.ids.append(token)
        most = self.model.decoder.most
        if len(self.ids) - self._first > most:
            self._first = len(self.ids) - (most // 2 if self.cached else most)
            self._stepper = None
        self.logits = self._read() if self._stepper is None else self._stepper.take(token)

    @torch.inference_mode()
    def _read(self) -> Tensor:
        seen = torch.tensor([self.ids[self._first:]])
        if not self.cached:
            return self.model(seen)[0, -1]
        cache = self.model.new_cache()
        self._stepper = Stepper(self.model, cache)
        return self.model.step(seen, cache)[0, -1]


def write(writer: Writer, count: int, sampling: Sampling, draws: torch.Generator) -> Iterator[tuple[int, float]]:
    """Yield so many tokens, each drawn from what comes behind the last, with the probability that it was drawn with."""
    for _ in range(count):
        shares = sampling.keep(writer.logits.float())
        token = int(torch.multinomial(shares, 1, generator=draws))
        yield token, float(shares[token])
        writer.take(token)
