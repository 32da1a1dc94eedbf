"""How large the gradient is in each layer of a deep stack: with sigmoids it vanishes, and three ways to keep it."""

import torch
from torch import Tensor, nn

from dlcore.seeds import derive

LAYERS, WIDTH, BATCH = 10, 16, 64


class Residual(nn.Module):
    """Layers whose result is added to what they were given."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:  # (batch, width)
        return x + self.layers(x)


def build_stack(cure: str, seed: int) -> nn.Sequential:
    """Return ten hidden layers of sigmoids and an output, as they are ("none") or with a cure.

    "relu_he": ReLU and He's initial weights (arXiv 1502.01852). "residual": each layer is added to what it is given
    (arXiv 1512.03385). "batch_norm": each sum is normalised over the batch (arXiv 1502.03167).
    """
    torch.default_generator.manual_seed(derive(seed, "stack"))
    blocks = [_block(cure) for _layer in range(LAYERS)]
    stack = nn.Sequential(*blocks, nn.Linear(WIDTH, 1))
    if cure == "relu_he":
        for layer in linear_layers(stack):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return stack


def _block(cure: str) -> nn.Module:
    linear = nn.Linear(WIDTH, WIDTH)
    match cure:
        case "relu_he":
            return nn.Sequential(linear, nn.ReLU())
        case "residual":
            return Residual(linear, nn.Sigmoid())
        case "batch_norm":
            return nn.Sequential(linear, nn.BatchNorm1d(WIDTH), nn.Sigmoid())
        case _:
            return nn.Sequential(linear, nn.Sigmoid())


def linear_layers(stack: nn.Sequential) -> list[nn.Linear]:
    """Return the hidden linear layers of a stack, the first one first."""
    return [layer for layer in stack.modules() if isinstance(layer, nn.Linear)][:LAYERS]


def measure_gradients(cure: str, seed: int) -> list[float]:
    """Return the root mean square of the weights' gradients in each hidden layer, after one backward pass.

    64 examples, 16 normal inputs each; the target is the sign of their sum, the loss the squared error.
    """
    stack = build_stack(cure, seed)
    generator = torch.Generator().manual_seed(derive(seed, "stack inputs"))
    inputs = torch.randn(BATCH, WIDTH, generator=generator)
    nn.functional.mse_loss(stack(inputs), inputs.sum(1, keepdim=True).sign()).backward()
    return [layer.weight.grad.square().mean().sqrt().item() for layer in linear_layers(stack)]
