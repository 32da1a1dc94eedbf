"""The next token: its columns, a generation token by token, and a beam search as a tree."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.generation import read_sampling
from dlcore.explain.transformer.columns import tell_columns
from dlcore.explain.transformer.passing import HeadName, read_off, switched_off
from dlcore.explain.transformer.reading import before_stop, need_text, own_answer, read, read_ids, read_source
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered
from dlcore.models.generation import path, search
from dlcore.models.stepping import Stepper
from dlcore.models.transformer import Cache, LanguageModel

SESSIONS = 8              # generations that are kept for each network
WIDTHS = 1, 8             # of a beam search


def show_next(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the columns of what comes behind a text, or of a translator behind a target."""
    logits = read(snapshot, request).run().logits[0, -1]
    return _columns(snapshot, logits, request, 0) | {"step": snapshot.step}


def _columns(snapshot: TransformerSnapshot, logits: Tensor, request: dict, place: int) -> dict:
    logits = offered(snapshot, logits)
    names = snapshot.texts.target.shown(range(len(logits)))
    seed, begins = int(request.get("seed", 0)) + place, str(request.get("begins") or "")
    return tell_columns(logits, read_sampling(request), names, seed, begins)


# token by token

@dataclass
class Session:
    """A generation: the tokens that its cache has read, from `first` on."""

    network: LanguageModel
    cache: Cache
    first: int = 0
    ids: list[int] = field(default_factory=list)

    @cached_property
    def stepper(self) -> Stepper:
        """What takes up a single token."""
        return Stepper(self.network, self.cache)

    @torch.inference_mode()
    def follow(self, ids: Sequence[int]) -> tuple[Tensor, int]:
        """Return the logits (tokens,) behind some tokens, and how many had to be read for it."""
        first = first_seen(len(ids), self.network.decoder.most)
        if first != self.first:
            self.first, self.ids = first, []
        seen = list(ids[first:])
        known = min(common(self.ids, seen), len(seen) - 1)
        cut(self.cache, known)
        self.ids = seen
        if known and known + 1 == len(seen):
            return self.stepper.take(seen[known]), 1
        return self.network.step(torch.tensor([seen[known:]]), self.cache)[0, -1], len(seen) - known


def first_seen(count: int, most: int) -> int:
    """Return the first token that is seen of `count`: when they are more than `most`, the older half is forgotten (as
    in dlcore.models.generation.Writer)."""
    stride = most + 1 - most // 2
    return max(0, -(-(count - most) // stride) * stride)


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two texts begin with alike."""
    return next((place for place, pair in enumerate(zip(one, other)) if pair[0] != pair[1]), min(len(one), len(other)))


def cut(cache: Cache, count: int) -> None:
    """Let a cache forget all but its first tokens."""
    for own, _other in cache.layers:
        own.count = count


_SESSIONS: WeakKeyDictionary[LanguageModel, OrderedDict[int, tuple[frozenset[HeadName], Session]]] = WeakKeyDictionary()


def find_session(network: LanguageModel, off: frozenset[HeadName], ids: Sequence[int]) -> Session:
    """Return the kept generation that knows the most of some tokens, or a new one where none knows half of them."""
    kept = _SESSIONS.setdefault(network, OrderedDict())
    alike = {number: common(session.ids, ids[session.first:]) for number, (heads, session) in kept.items()
             if heads == off}
    best = max(alike, key=alike.get, default=None)
    if best is None or 2 * alike[best] < len(ids) - kept[best][1].first:
        best = max(kept, default=0) + 1
        kept[best] = off, Session(network, network.new_cache())
    kept.move_to_end(best)
    while len(kept) > SESSIONS:
        kept.popitem(last=False)
    return kept[best][1]


def show_token(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return one step of a generation, computed with the cache and once more without it."""
    need_text(snapshot)
    ids, off, network = read_ids(snapshot, request), read_off(snapshot.module, request), snapshot.module
    session = find_session(network, off, ids)
    with switched_off(network, off):
        begun = time.perf_counter()
        logits, computed = session.follow(ids)
        between = time.perf_counter()
        whole = _read_whole(network, ids[session.first:])
    seconds = {"cached": between - begun, "whole": time.perf_counter() - between}
    told = _columns(snapshot, logits, request, len(ids))
    return told | {"so_far": ids, "shown": snapshot.texts.target.shown(ids), "text": snapshot.texts.target.decode(ids),
                   "seconds": seconds, "computed": computed, "seen": len(ids) - session.first,
                   "apart": float((logits - whole).abs().max()), "step": snapshot.step}


@torch.inference_mode()
def _read_whole(network: LanguageModel, ids: Sequence[int]) -> Tensor:
    return network(torch.tensor([ids]))[0, -1]


# beams

def show_beams(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the tree of a beam search, its answers, and the greedy one."""
    source, width = read_source(snapshot, request), int(request.get("width", 4))
    if source is None:
        raise EngineError(N_("A language model has no encoder. Choose a translation."))
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise SpecError("width", N_("{value} beams cannot be followed. Choose {least} to {most}."), value=width,
                        least=WIDTHS[0], most=WIDTHS[1])
    off, target = read_off(snapshot.module, request), snapshot.texts.target
    with switched_off(snapshot.module, off):
        nodes = search(snapshot.module, source, width)
    told = [{"parent": node.parent, "token": target.symbols[node.token], "depth": node.depth, "step": node.step,
             "score": node.score, "kept": node.kept, "end": node.ends} for node in nodes]
    deepest = max(node.depth for node in nodes)
    ends = [place for place, node in enumerate(nodes) if node.kept and (node.ends or node.depth == deepest)]
    answers = [{"text": target.decode(before_stop(path(nodes, place))), "score": nodes[place].score,
                "length": nodes[place].depth, "node": place}
               for place in sorted(ends, key=lambda place: -nodes[place].score)]
    return {"nodes": told, "answers": answers, "greedy": target.decode(own_answer(snapshot, source, off)),
            "source": snapshot.texts.source.shown(source[0].tolist()), "step": snapshot.step}
