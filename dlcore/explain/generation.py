"""Texts that a cell makes up, symbol by symbol: temperature, top-k and top-p, and many texts side by side."""

from collections.abc import Iterator
from math import log

import torch
from torch import Tensor

from dlcore.data.text import Vocabulary
from dlcore.errors import N_, SpecError
from dlcore.models.generation import Sampling
from dlcore.models.recurrent import RecurrentCell
from dlcore.seeds import derive

MOST_TEXTS, MOST_LENGTH = 64, 2_000


def read_sampling(request: dict) -> Sampling:
    """Return how a request wants symbols drawn; SpecError where that cannot be."""
    told = Sampling(float(request.get("temperature", 1.0)), int(request.get("top_k", 0)),
                    float(request.get("top_p", 1.0)))
    if not 0 <= told.temperature <= 10:
        raise SpecError("temperature", N_("A temperature of {value} cannot be used. Choose one from 0 to 10."),
                        value=told.temperature)
    if not 0 < told.top_p <= 1:
        raise SpecError("top_p", N_("{value} cannot be used as a probability to reach. Choose one above 0, up to 1."),
                        value=told.top_p)
    return told


class Generator:
    """Texts (count) that one cell makes up side by side behind the same beginning (time,) of numbers."""

    def __init__(self, network: RecurrentCell, beginning: Tensor, count: int, length: int, sampling: Sampling,
                 seed: int, ends: tuple[int, ...] = ()):
        self.network, self.sampling, self.length, self.seed = network, sampling, min(length, MOST_LENGTH), seed
        self.ends = torch.tensor(ends, dtype=torch.long)
        self.texts: list[list[int]] = [[] for _ in range(min(count, MOST_TEXTS))]
        self.bits: list[list[float]] = [[] for _ in self.texts]
        self.finished = [False] * len(self.texts)
        self.made = 0
        self._work = self._make(beginning.expand(len(self.texts), -1))

    @property
    def done(self) -> bool:
        """Whether all texts are as long as wanted, or ended."""
        return self.made == self.length or all(self.finished)

    def step(self) -> None:
        """Add a symbol to every text that has not ended."""
        next(self._work)

    @torch.inference_mode()
    def _make(self, inputs: Tensor) -> Iterator[None]:
        draws, state = torch.Generator().manual_seed(derive(self.seed, "generate")), None
        while True:
            outputs, state = self.network(inputs, state)
            drawn = torch.multinomial(self.sampling.keep(outputs[:, -1]), 1, generator=draws)  # (count, 1)
            surprise = -outputs[:, -1].log_softmax(-1).gather(1, drawn) / log(2)
            self._take(drawn[:, 0], surprise[:, 0])
            inputs = drawn
            yield

    def _take(self, drawn: Tensor, surprise: Tensor) -> None:
        self.made += 1
        ended = torch.isin(drawn, self.ends).tolist()
        for index, (symbol, bits) in enumerate(zip(drawn.tolist(), surprise.tolist())):
            if not self.finished[index]:
                self.texts[index].append(symbol)
                self.bits[index].append(bits)
                self.finished[index] = ended[index]

    def tell(self, vocabulary: Vocabulary) -> dict:
        """Return what there is so far; a name's end is not written out."""
        return {"texts": [vocabulary.decode(text).rstrip("\n") if self.ends.numel() else vocabulary.decode(text)
                          for text in self.texts],
                "finished": list(self.finished), "surprise": [torch.tensor(bits).numpy() for bits in self.bits]}
