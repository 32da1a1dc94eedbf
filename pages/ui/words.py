"""What specs are called on screen: blocks, fields and options, in the visitor's language."""

import re
from collections.abc import Callable

from dlcore.data import images
from dlcore.errors import N_
from dlcore.specs.datasets import is_own
from dlcore.specs.model import Block
from pages.ui.foreign import one_line
from pages.ui.language import _, number

BLOCKS = {
    "conv": N_("Convolution"), "activation": N_("Activation"), "pool": N_("Pooling"), "batch_norm": N_("Batch norm"),
    "dropout": N_("Dropout"), "flatten": N_("Flatten"), "linear": N_("Linear"),
}
OPTIONS = {
    "relu": "ReLU", "leaky_relu": "Leaky ReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "tanh": "tanh",
    "sigmoid": "Sigmoid", "softplus": "Softplus", "max": N_("Max"), "avg": N_("Average"),
    "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "kmnist": "KMNIST", "emnist_letters": N_("EMNIST letters"),
    "cifar10": "CIFAR-10", "gtsrb": N_("Traffic signs (GTSRB)"),
    "cross_entropy": N_("Cross-entropy"), "bce": N_("Binary cross-entropy"), "mse": N_("Mean squared error"),
    "sgd": N_("SGD with momentum"), "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW",
    "plain": "SGD", "none": N_("None"), "relu_he": N_("ReLU and He initialisation"),
    "residual": N_("Residual connections"), "batch_norm": N_("Batch norm"),
    "constant": N_("Constant"), "one_cycle": N_("One cycle"), "cosine": N_("Cosine"), "step": N_("Steps"),
    "linear": N_("Linear"), "flow": N_("Rectified flow"),
    "auto": N_("Automatic"), "float32": "float32", "bfloat16": "bfloat16",
    "small": N_("Small"), "lenet5": "LeNet-5", "my_net": "MY_NET", "mlp": N_("No convolution"), "own": N_("Your own"),
}
REPRODUCIBLE = N_(  # the figures come from tests/benchmarks/measure_processors.py
    "One thread, float32, and nothing that depends on the clock: the same numbers every time on this kind of "
    "processor. Other kinds round differently, and the differences grow: on three of them, one short training on MNIST "
    "read 96.84%, 96.90% and 96.94%.")
FIELDS = {
    "data.dataset": N_("Data set"), "data.train_size": N_("Training pictures"), "data.size": N_("Picture size"),
    "data.again": N_("Pictures with more weight"), "data.times": N_("Times that they are shown"),
    "data.channels": N_("Colour channels"), "data.shuffled": N_("Shuffle the pixels"),
    "data.without": N_("Left out"),
    "data.augment.rotation": N_("Rotation (±°)"),
    "data.augment.brightness": N_("Brightness (±)"), "data.augment.contrast": N_("Contrast (±)"),
    "data.augment.shift": N_("Shift (± pixels)"), "data.augment.scale": N_("Size (±)"),
    "data.augment.thickness": N_("Stroke thickness (±)"),
    "training.loss": N_("Loss"), "training.batch_size": N_("Batch size"), "training.epochs": N_("Epochs"),
    "training.optimizer": N_("Optimiser"), "training.momentum": N_("Momentum"),
    "training.learning_rate": N_("Learning rate"), "training.schedule": N_("Schedule"),
    "training.weight_decay": N_("Weight decay"), "training.seed": N_("Seed"), "training.device": N_("Device"),
    "training.precision": N_("Precision"), "training.reproducible": N_("Reproducible to the bit"),
    "training.zero_grad": N_("Call zero_grad()"), "training.eval_mode": N_("Call eval()"),
    "network.dropout": N_("Dropout"),
    "channels": N_("Channels"), "kernel": N_("Kernel"), "stride": N_("Stride"), "padding": N_("Padding"),
    "dilation": N_("Dilation"), "function": N_("Function"), "mode": N_("Kind"), "size": N_("Window"), "p": N_("Share"),
    "features": N_("Features"),
    "backprop": N_("Network"), "hidden": N_("Neurons in the hidden layers"), "targets": N_("Targets"),
    "on_outputs": N_("Activation on the outputs too"), "loss": N_("Loss"), "optimizer": N_("Optimiser"),
    "momentum": N_("Momentum"), "learning_rate": N_("Learning rate"), "weight_decay": N_("Weight decay"),
    "zero_grad": N_("Call zero_grad()"), "seed": N_("Seed"), "updates": N_("Updates made"),
    "picked": N_("Picked weight"), "cure": N_("Cure"),
    "neuron": N_("Neuron"), "activation": N_("Activation function"), "count": N_("Inputs"), "inputs": N_("Inputs"),
    "weights": N_("Weights"), "bias": N_("Bias"), "classes": N_("Logits"), "logits": N_("Logits"),
    "temperature": N_("Temperature"), "line": N_("Neurons side by side"), "line.curve": N_("Curve"),
    "line.drawn": N_("Drawn curve"), "line.neurons": N_("Neurons"), "line.layers": N_("Hidden layers"),
    "convolution": N_("Convolution"), "layer": N_("Layer"), "channel": N_("Channel"), "down": N_("Row"),
    "across": N_("Column"), "off": N_("Filters switched off"), "draw": N_("Draw of train()"),
    "view": N_("View"), "bench": N_("Kernel bench"), "bench.kernel": N_("Kernel"), "right": N_("To the right"),
    "lower": N_("Downwards"), "colour": N_("Three channels"), "groups": N_("Groups"),
    "subject": N_("Network and picture"), "subject.network": N_("Network"),
    "subject.step": N_("Step"), "subject.picture": N_("Picture"), "subject.digit": N_("Test picture"),
    "subject.pixels": N_("Picture"), "subject.own_way": N_("How it is given"),
    "playground": N_("Playground"), "points": N_("Points"), "train_share": N_("Training points"),
    "own": N_("Own points"), "table": N_("CSV file"), "data.seed": N_("Seed of the points"),
    "data.classes": N_("Classes"), "layers": N_("Layers"), "neurons": N_("Neurons"), "batch_norm": N_("Batch norm"),
    "residual": N_("Residual connections"), "network.weights": N_("Weights"), "frozen": N_("Frozen neurons"),
    "removed": N_("Removed neurons"), "l1": "L1", "l2": "L2", "pace": N_("Epochs a second, at most"),
    "line.linear": N_("Without activation function"), "line.seed": N_("Seed"),
    "recurrent": N_("Recurrent"), "data.task": N_("Task"), "data.length": N_("Sequence length"),
    "data.language": N_("Language"), "data.wave": N_("Series"), "data.horizon": N_("Steps of the forecast"),
    "data.noise": N_("Noise (%)"), "data.column": N_("Column"), "data.delay": N_("Delay"),
    "data.symbols": N_("Symbols"), "network.cells": N_("Cells"), "network.hidden": N_("Units"),
    "network.layers": N_("Layers"), "network.embedding": N_("Embedding"),
    "network.forget_bias": N_("Added to the forget gate's bias"),
    "network.memory": N_("Steps that the gates keep at the start"), "training.clip": N_("Gradient clipping"),
    "transformer": N_("Transformer"), "data.vocabulary": N_("Vocabulary"), "data.text": N_("Text"),
    "data.tokens": N_("Tokens"), "network.heads": N_("Heads"), "network.width": N_("Width"),
    "network.context": N_("Context"), "network.feed_forward": N_("Feed-forward, times the width"),
    "network.norm": N_("Layer norm"), "network.activation": N_("Activation function"),
    "network.positions": N_("Positions"), "training.warmup": N_("Warm-up (steps)"),
    "saliency": N_("Saliency"), "methods": N_("Methods"), "method": N_("Picked method"), "column": N_("Picked picture"),
    "company": N_("Beside it"), "turn": N_("Others"), "target": N_("Explain"), "absolute": N_("Sizes only"),
    "baseline": N_("Baseline"), "steps": N_("Steps of the way"), "samples": N_("Samples"), "noise": N_("Noise"),
    "window": N_("Window"), "superpixel": N_("Squares"), "draws": N_("Subsets"),
    "noising": N_("Noise"), "schedule": N_("Noise schedule"), "t": N_("Time"),
    "diffusion": N_("Diffusion"), "process.target": N_("What the network tells"), "process.curve": N_("Noise schedule"),
    "sampling": N_("What is drawn"), "prompt": N_("Prompt"), "negative": N_("Negative prompt"),
    "sampler": N_("Sampler"), "guidance": N_("Guidance"), "eta": N_("Noise on the way (η)"), "digit": N_("Digit"),
    "strength": N_("Share of noise"),
    "network.blocks": N_("Residual blocks on each part"),
    "network.attention": N_("Self-attention"), "network.time": N_("Sines and cosines of the time"),
    "network.condition": N_("Besides x and t it is told"), "training.ema": N_("Mean of the weights (EMA)"),
    "training.times": N_("Times in training"), "training.drop": N_("Told nothing"),
    "positive": N_("Only what is positive"), "rule": N_("Rule in the convolutions"),
}
NAMED = re.compile(r"network\.(?:(frozen|removed)\.)?([wb]?[0-9.]+)")  # of a weight, or of a neuron
SWITCHES = {"frozen": N_("Freeze"), "removed": N_("Remove")}
FUNCTIONS = {"leaky_relu": "Leaky ReLU", "step": N_("Step function"), "softmax": "Softmax"}
CURVES = {"sine": N_("Sine"), "step": N_("Jump"), "bump": N_("Bump"), "drawn": N_("Drawn")}
KERNELS = {"edge": N_("Edges"), "vertical": N_("Vertical edges"), "horizontal": N_("Horizontal edges"),
           "blur": N_("Blur"), "mean": N_("Mean"), "sharpen": N_("Sharpen"), "emboss": N_("Emboss"),
           "same": N_("Unchanged")}
VIEWS = {"layers": N_("Layers"), "bench": N_("Kernel bench"), "filters": N_("Filters"), "shift": N_("Shift"),
         "locality": N_("Shuffled pixels")}
GROUPS = {"one": N_("One map"), "each": N_("One map each")}
SOURCES = {"test": N_("Test"), "drawing": N_("Draw"), "own": N_("Your own")}


def field_name(path: str) -> str:
    """Return what a field is called, given its dotted path; a weight is called by its name."""
    if named := NAMED.fullmatch(path):
        return f"{_(SWITCHES[named[1]])} {named[2]}" if named[1] else named[2]
    return _(FIELDS.get(path, FIELDS.get(path.split(".")[-1], path)))


def option(name: object) -> str:
    """Return what an option is called; numbers and unknown ones are written as they are."""
    return _(OPTIONS[name]) if name in OPTIONS else str(name)


def function_name(name: str) -> str:
    """Return what an activation function is called."""
    return _(FUNCTIONS[name]) if name in FUNCTIONS else option(name)


def curve_name(name: str) -> str:
    """Return what a curve to imitate is called."""
    return _(CURVES[name])


def kernel_name(name: str) -> str:
    """Return what a kernel that is offered on the bench is called."""
    return _(KERNELS[name])


def groups_name(name: str) -> str:
    """Return what is done with the channels on the bench."""
    return _(GROUPS[name])


def view_name(name: str) -> str:
    """Return what a part of the Convolution page is called."""
    return _(VIEWS[name])


def picture_source(name: str) -> str:
    """Return what the way to a picture is called."""
    return _(SOURCES[name])


def class_names(dataset: str) -> list[str]:
    """Return the names of a data set's classes."""
    names = images.class_names(dataset)
    return [one_line(name) for name in names] if is_own(dataset) else [_(name) for name in names]


def dataset_name(dataset: str) -> str:
    """Return what a data set is called; own pictures by the first of their classes."""
    if not is_own(dataset):
        return option(dataset)
    return _("Own pictures: {names}").format(names=", ".join(class_names(dataset)[:3]))


def short_name(block: Block) -> str:
    """Return what a block is called in the short form of a network."""
    match block.kind:
        case "activation":
            return option(block.function)
        case "batch_norm":
            return _("norm")
        case "pool":
            return _("Max pool") if block.mode == "max" else _("Average pool")
        case kind:
            return _(BLOCKS[kind])


def block_values(block: Block) -> str:
    """Return a block's settings in the short form of a network, such as "16 · 5×5 /2"."""
    values: dict[str, Callable[[], str]] = {
        "conv": lambda: f"{block.channels} · {block.kernel}×{block.kernel}" + (f" /{block.stride}" if block.stride > 1
                                                                               else ""),
        "pool": lambda: f"{block.size}×{block.size}",
        "dropout": lambda: number(block.p, 2),
        "linear": lambda: number(block.features),
    }
    return values.get(block.kind, str)()
