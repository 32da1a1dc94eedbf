"""Where a prompted U-Net looks at which word: heard with hooks while it computes, of a batch's first picture."""

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.models.prompt_encoder import Attention


class Listener:
    """Keeps, of one pass after the other, the cross-attention of the first (conditional) picture.

    A network without words is heard with nothing: `take` returns None.
    """

    def __init__(self, module: nn.Module):
        text = getattr(module, "text", None)
        self._middle = list(module.read) if text is not None else []
        self._fine = [module.read_fine] if text is not None else []
        self._heard: dict[Attention, Tensor] = {}
        self._hooks: list = []

    def __enter__(self) -> "Listener":
        self._hooks = [layer.register_forward_hook(self._hear) for layer in (*self._middle, *self._fine)]
        return self

    def __exit__(self, *_what: object) -> None:
        for hook in self._hooks:
            hook.remove()

    @torch.inference_mode()
    def _hear(self, layer: Attention, inputs: tuple, _output: Tensor) -> None:
        x, words, there = inputs
        if layer not in self._heard:  # of a step that asks twice, the first time
            self._heard[layer] = layer.weights(x[:1], words[:1], there[:1])[0]

    def take(self) -> dict[str, np.ndarray] | None:
        """Return the maps since this was last asked: "coarse" (words, 7, 7) and "fine" (words, 14, 14); forget them."""
        if not self._heard:
            return None
        coarse = torch.stack([self._heard[layer] for layer in self._middle]).mean(0)
        told = {"coarse": _as_maps(coarse), "fine": _as_maps(self._heard[self._fine[0]])}
        self._heard = {}
        return told


def _as_maps(weights: Tensor) -> np.ndarray:
    """Return weights (places, words) as one square map a word (words, side, side)."""
    side = int(len(weights) ** 0.5)
    return weights.T.reshape(-1, side, side).numpy()
