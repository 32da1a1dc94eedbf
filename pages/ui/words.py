"""What specs are called on screen: blocks, fields and options, in the visitor's language."""

from collections.abc import Callable

from dlcore.errors import N_
from dlcore.specs.model import Block
from pages.ui.language import _, number

BLOCKS = {
    "conv": N_("Convolution"), "activation": N_("Activation"), "pool": N_("Pooling"), "batch_norm": N_("Batch norm"),
    "dropout": N_("Dropout"), "flatten": N_("Flatten"), "linear": N_("Linear"),
}
OPTIONS = {
    "relu": "ReLU", "leaky_relu": "Leaky ReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "tanh": "tanh",
    "sigmoid": "Sigmoid", "softplus": "Softplus", "max": N_("Max"), "avg": N_("Average"),
    "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST",
    "cross_entropy": N_("Cross-entropy"), "bce": N_("Binary cross-entropy"), "mse": N_("Mean squared error"),
    "sgd": N_("SGD with momentum"), "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW",
    "plain": "SGD", "none": N_("None"), "relu_he": N_("ReLU and He initialisation"),
    "residual": N_("Residual connections"), "batch_norm": N_("Batch norm"),
    "constant": N_("Constant"), "one_cycle": N_("One cycle"), "cosine": N_("Cosine"), "step": N_("Steps"),
    "auto": N_("Automatic"), "float32": "float32", "bfloat16": "bfloat16",
    "small": N_("Small"), "lenet5": "LeNet-5", "my_net": "MY_NET", "mlp": N_("No convolution"), "own": N_("Your own"),
}
FIELDS = {
    "data.dataset": N_("Data set"), "data.train_size": N_("Training digits"), "data.size": N_("Picture size"),
    "data.channels": N_("Colour channels"), "data.without": N_("Left out"),
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
    "convolution": N_("Convolution"), "subject": N_("Network and picture"), "subject.network": N_("Network"),
    "subject.step": N_("Step"), "subject.picture": N_("Picture"), "subject.digit": N_("Test digit"),
    "subject.pixels": N_("Picture"),
    "line.linear": N_("Without activation function"), "line.seed": N_("Seed"),
    "saliency": N_("Saliency"), "methods": N_("Methods"), "method": N_("Picked method"), "column": N_("Picked picture"),
    "company": N_("Beside it"), "turn": N_("Others"), "target": N_("Explain"), "absolute": N_("Sizes only"),
    "baseline": N_("Baseline"), "steps": N_("Steps"), "samples": N_("Samples"), "noise": N_("Noise"),
    "window": N_("Window"), "superpixel": N_("Squares"), "draws": N_("Subsets"),
    "positive": N_("Only what is positive"), "rule": N_("Rule in the convolutions"),
}
FUNCTIONS = {"leaky_relu": "Leaky ReLU", "step": N_("Step function"), "softmax": "Softmax"}
CURVES = {"sine": N_("Sine"), "step": N_("Jump"), "bump": N_("Bump"), "drawn": N_("Drawn")}
SOURCES = {"test": N_("Test digit"), "drawing": N_("Draw"), "own": N_("Upload")}
CLASSES = {
    "mnist": tuple(map(str, range(10))),
    "fashion_mnist": (N_("T-shirt"), N_("Trouser"), N_("Pullover"), N_("Dress"), N_("Coat"), N_("Sandal"), N_("Shirt"),
                      N_("Sneaker"), N_("Bag"), N_("Ankle boot")),
}


def field_name(path: str) -> str:
    """Return what a field is called, given its dotted path."""
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


def picture_source(name: str) -> str:
    """Return what the way to a picture is called."""
    return _(SOURCES[name])


def class_names(dataset: str) -> list[str]:
    """Return the names of a data set's classes."""
    return [_(name) for name in CLASSES[dataset]]


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
