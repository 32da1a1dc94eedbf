"""A network as a list of blocks, and the names that its layers have everywhere."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dlcore.specs.fields import choice, kind, real, whole

ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "elu", "tanh", "sigmoid", "softplus")


@dataclass(frozen=True)
class Conv:
    """A convolution over the picture."""

    kind: Literal["conv"] = kind("conv")
    channels: int = whole(16, 1, 512)
    kernel: int = whole(3, 1, 11)
    stride: int = whole(1, 1, 4)
    padding: int = whole(1, 0, 5)
    dilation: int = whole(1, 1, 4)


@dataclass(frozen=True)
class Activation:
    """A nonlinear function of every number."""

    kind: Literal["activation"] = kind("activation")
    function: str = choice("relu", *ACTIVATIONS)


@dataclass(frozen=True)
class Pool:
    """The largest number, or the mean, of every window."""

    kind: Literal["pool"] = kind("pool")
    mode: str = choice("max", "max", "avg")
    size: int = whole(2, 2, 8)
    stride: int = whole(2, 1, 8)


@dataclass(frozen=True)
class BatchNorm:
    """Every channel brought to mean 0 and variance 1 over the batch, then scaled and shifted."""

    kind: Literal["batch_norm"] = kind("batch_norm")


@dataclass(frozen=True)
class Dropout:
    """A random share of the numbers set to zero while training."""

    kind: Literal["dropout"] = kind("dropout")
    p: float = real(0.5, 0, 0.95)


@dataclass(frozen=True)
class Flatten:
    """The maps laid out as one row of numbers."""

    kind: Literal["flatten"] = kind("flatten")


@dataclass(frozen=True)
class Linear:
    """A fully connected layer."""

    kind: Literal["linear"] = kind("linear")
    features: int = whole(64, 1, 4096)


Block = Conv | Activation | Pool | BatchNorm | Dropout | Flatten | Linear
BLOCKS: dict[str, type] = {
    block().kind: block for block in (Conv, Activation, Pool, BatchNorm, Dropout, Flatten, Linear)
}
MAX_BLOCKS = 40

RELU = Activation()
SMALL = (
    Conv(channels=16, kernel=5, stride=2, padding=2), BatchNorm(), RELU,
    Conv(channels=32, padding=0), Pool(), BatchNorm(), RELU,
    Conv(channels=64, padding=0), BatchNorm(), RELU,
    Flatten(), Linear(features=10),
)
LENET5 = (
    Conv(channels=6, kernel=5, padding=2), Activation("tanh"), Pool(mode="avg"),
    Conv(channels=16, kernel=5, padding=0), Activation("tanh"), Pool(mode="avg"),
    Flatten(), Linear(features=120), Activation("tanh"),
    Linear(features=84), Activation("tanh"), Linear(features=10),
)
MY_NET = (
    Conv(channels=32), RELU, Conv(channels=64), RELU, Pool(), Conv(channels=128), RELU, Pool(),
    Flatten(), Dropout(), Linear(features=512), RELU, Dropout(), Linear(features=10),
)
MLP = (Flatten(), Linear(features=128), RELU, Linear(features=64), RELU, Linear(features=10))
PRESETS: dict[str, tuple[Block, ...]] = {"small": SMALL, "lenet5": LENET5, "my_net": MY_NET, "mlp": MLP}


@dataclass(frozen=True)
class Network:
    """A list of blocks, from the picture to one number a class."""

    kind: Literal["network"] = kind("network")
    blocks: tuple[Block, ...] = SMALL


def with_classes(blocks: tuple[Block, ...], classes: int) -> tuple[Block, ...]:
    """Return the blocks with so many outputs, where the last of them is a linear one."""
    if not blocks or blocks[-1].kind != "linear":
        return blocks
    return *blocks[:-1], Linear(features=classes)


def named_blocks(blocks: tuple[Block, ...]) -> Iterator[tuple[str, Block]]:
    """Yield each block with its layer's name: conv1, relu1, pool1, norm1, dropout1, flatten, fc1 ...

    The name is the module's attribute, the prefix in its state dict, and the name in the exported code.
    """
    seen: Counter[str] = Counter()
    for block in blocks:
        stem = _stem(block)
        seen[stem] += 1
        yield f"{stem}{seen[stem]}", block


def _stem(block: Block) -> str:
    if block.kind == "activation":
        return block.function
    return {"linear": "fc", "batch_norm": "norm"}.get(block.kind, block.kind)
