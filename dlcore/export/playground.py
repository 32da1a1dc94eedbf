"""A playground's experiment as the PyTorch code that a person would write for it (printed without torch)."""

import inspect
import re
from collections.abc import Callable, Iterator
from textwrap import indent

from dlcore.data import toy
from dlcore.export.notes import print_notes, tell_changes
from dlcore.export.pytorch import ACTIVATIONS
from dlcore.specs.changes import Change
from dlcore.specs.plane import MORE_CLASSES
from dlcore.specs.plane_network import PARAMETER
from dlcore.specs.playground import Playground

FEATURES = {"x1": "x1", "x2": "x2", "x1^2": "x1**2", "x2^2": "x2**2", "x1*x2": "x1 * x2", "sin(x1)": "np.sin(x1)",
            "sin(x2)": "np.sin(x2)"}
REPLAYED = ("training.learning_rate", "training.momentum", "network.w", "network.b", "training.pace")  # in the loop
OPTIMIZERS = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}


def print_playground(spec: Playground) -> str:
    """Return a whole script: the points, the module and the training loop."""
    parts = [_imports(), _points(spec), _features(spec), _module(spec), _setup(spec), _loop(spec), _evaluation(spec)]
    return print_notes(_left_out(spec)) + "\n\n".join(parts) + "\n"


def _left_out(spec: Playground) -> Iterator[str]:
    training = spec.training
    yield ("the very order of the points in an epoch and the draws of dropout: the seed is the same, what torch draws "
           "from it here is not")
    if training.optimizer == "adamw" and training.l2:
        frozen = ", and what is frozen" if spec.network.frozen else ""
        yield f"that AdamW's decay is of the weights alone: here it decays the biases too{frozen}"
    if training.device != "cpu":
        yield f"the device {training.device}: this computes on the CPU"
    yield from tell_changes(spec.changes, REPLAYED)


def _imports() -> str:
    return "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn, optim"


# the points


def _points(spec: Playground) -> str:
    data = spec.data
    lines = [f"generator = np.random.default_rng({data.seed})", *_drawn(spec)]
    if data.drawn:
        count = data.train_count - len(data.own)
        lines += ["order = generator.permutation(len(points))",
                  f"train, test = order[:{count}], order[{count}:]",
                  "train_points, train_targets = points[train], targets[train]",
                  "test_points, test_targets = points[test], targets[test]"]
    if data.own:
        lines += _own(spec)
    return "\n".join(lines)


def _drawn(spec: Playground) -> Iterator[str]:
    """Yield the lines that make `points` and `targets`: the very functions that the playground uses."""
    data = spec.data
    if data.dataset == "own":
        yield "train_points, train_targets = np.zeros((0, 2)), np.zeros(0)"
        yield "test_points, test_targets = train_points, train_targets"
    elif data.dataset == "table":
        yield "# your CSV file: two columns of numbers, brought to the range from -5 to 5, and a label"
        yield 'rows = np.genfromtxt("points.csv", delimiter=",", dtype=str, skip_header=1)'
        yield "values = rows[:, :2].astype(float)"
        yield "points = (values - (values.max(0) + values.min(0)) / 2) * 10 / np.ptp(values, axis=0)"
        yield "targets = np.unique(rows[:, 2], return_inverse=True)[1]"
    else:
        yield f"RADIUS, EDGE = {toy.RADIUS}, {toy.EDGE}\n"
        yield from _functions(data.dataset)
        arms = f", {data.classes}" if data.dataset in MORE_CLASSES else ""
        yield f"points, targets = {data.dataset}({data.drawn}, {data.noise / 100:g}, generator{arms})"


def _functions(dataset: str) -> Iterator[str]:
    if dataset in toy.BOUNDARIES:
        formula = {"sine": "3 * np.sin(x)", "cubic": "0.08 * x**3 - 1.2 * x", "abs": "1.5 * np.abs(x) - 4"}[dataset]
        yield f"def boundary(x):\n    return {formula}\n\n"
        yield print_function(toy._beside, dataset) + "\n"
        return
    makers = {"rings": (toy._rings,), "spirals": (toy._spirals,), "spiral": (toy._spirals, toy._spiral)}
    for maker in makers.get(dataset, (getattr(toy, f"_{dataset}"),)):
        if "_polar(" in inspect.getsource(maker):
            yield print_function(toy._polar, "polar") + "\n"
        yield print_function(maker, maker.__name__.strip("_")) + "\n"


def print_function(function: Callable, name: str) -> str:
    """Return a function's source without type hints and docstring, under another name."""
    names = ", ".join(name for name in inspect.signature(function).parameters if name != "boundary")
    source = re.sub(r"def \w+\(.*\) -> .*?:\n", f"def {name}({names}):\n", inspect.getsource(function), count=1)
    source = re.sub(r'\n    """.*?"""', "", source, count=1, flags=re.DOTALL)
    return re.sub(r"\b_(polar|spirals)\(", r"\1(", source)


def _own(spec: Playground) -> Iterator[str]:
    rows = ", ".join(f"({x1:g}, {x2:g}, {label})" for x1, x2, label in spec.data.own)
    yield f"own = np.array([{rows}])"
    yield "train_points = np.concatenate([train_points, own[:, :2]])"
    targets = "2 * own[:, 2] - 1" if spec.data.regression else "own[:, 2]"
    yield f"train_targets = np.concatenate([train_targets, {targets}])"


def _features(spec: Playground) -> str:
    chosen = ", ".join(FEATURES[name] for name in spec.network.features)
    kind = "long" if spec.outputs > 1 else "float"
    lines = ["", "def features(points):", "    x1, x2 = np.asarray(points, np.float32).T",
             f"    return torch.from_numpy(np.stack([{chosen}], 1))", "", "",
             f"x, y = features(train_points), torch.tensor(train_targets).{kind}()",
             f"test_x, test_y = features(test_points), torch.tensor(test_targets).{kind}()"]
    return "\n".join(lines)


# the network


def _module(spec: Playground) -> str:
    layers = indent("\n".join(["super().__init__()", *_layers(spec)]), " " * 8)
    forward = indent("\n".join(_forward(spec)), " " * 8)
    return f"\nclass Net(nn.Module):\n    def __init__(self):\n{layers}\n\n    def forward(self, x):\n{forward}\n"


def _layers(spec: Playground) -> Iterator[str]:
    sizes, network = spec.sizes, spec.network
    for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), 1):
        yield f"self.fc{number} = nn.Linear({inputs}, {outputs})"
    for number, layer in enumerate(network.layers, 1):
        if network.batch_norm:
            yield f"self.norm{number} = nn.BatchNorm1d({layer.neurons})"
        if layer.activation != "none":
            yield f"self.act{number} = nn.{ACTIVATIONS[layer.activation]}()"
        if network.dropout:
            yield f"self.drop{number} = nn.Dropout({network.dropout:g})"


def _forward(spec: Playground) -> Iterator[str]:
    network, sizes = spec.network, spec.sizes
    for number, layer in enumerate(network.layers, 1):
        adds = network.residual and sizes[number - 1] == layer.neurons
        name = "h" if adds else "x"
        yield f"{name} = self.fc{number}(x)".ljust(28) + f"# (batch, {layer.neurons})"
        for there, part in ((network.batch_norm, "norm"), (layer.activation != "none", "act"),
                            (network.dropout, "drop")):
            if there:
                yield f"{name} = self.{part}{number}({name})"
        if adds:
            yield "x = x + h"
        for neuron in _removed(spec, number):
            yield f"x = x * (torch.arange({layer.neurons}) != {neuron - 1})  # a removed neuron gives 0"
    last = f"self.fc{len(sizes) - 1}(x)"
    yield f"return torch.tanh({last})" if _is_bounded(spec) else f"return {last}"


def _removed(spec: Playground, layer: int) -> list[int]:
    named = [tuple(map(int, name.split("."))) for name in spec.network.removed]
    return [neuron for of, neuron in named if of == layer]


def _is_bounded(spec: Playground) -> bool:
    """Whether the outputs have tanh: the squared error of classes compares with -1 and +1."""
    return spec.loss == "squared" and not spec.data.regression


# how it learns


def _setup(spec: Playground) -> str:
    training = spec.training
    lines = [f"torch.manual_seed({training.seed})", "model = Net()", *_by_hand(spec), f"optimizer = {_optimizer(spec)}"]
    return "\n".join([*lines, "\n", *_criterion(spec)])


def _by_hand(spec: Playground) -> Iterator[str]:
    if spec.network.weights:
        yield "with torch.no_grad():"
    for name, value in spec.network.weights:
        yield f"    {_place(name)} = {value:g}  # set by hand"


def _place(name: str) -> str:
    """Return where a weight ("w1.2.1") or a bias ("b1.2") is in the module."""
    found = PARAMETER.fullmatch(name)
    if found[1]:
        return f"model.fc{found[1]}.weight[{int(found[2]) - 1}, {int(found[3]) - 1}]"
    return f"model.fc{found[4]}.bias[{int(found[5]) - 1}]"


def _optimizer(spec: Playground) -> str:
    training = spec.training
    momentum = f", momentum={training.momentum:g}" if training.optimizer == "sgd" and training.momentum else ""
    decay = f", weight_decay={training.l2:g}" if training.optimizer == "adamw" else ""
    return f"optim.{OPTIMIZERS[training.optimizer]}(model.parameters(), lr={training.learning_rate:g}{momentum}{decay})"


def _criterion(spec: Playground) -> Iterator[str]:
    yield "def criterion(outputs, targets):"
    if spec.loss == "cross_entropy":
        yield ("    return F.cross_entropy(outputs, targets)" if spec.outputs > 1 else
               "    return F.binary_cross_entropy_with_logits(outputs[:, 0], targets)")
        return
    if spec.outputs > 1:
        yield f"    targets = 2 * F.one_hot(targets, {spec.outputs}).float() - 1"
    elif _is_bounded(spec):
        yield "    targets = 2 * targets[:, None] - 1"
    else:
        yield "    targets = targets[:, None]"
    yield "    return ((outputs - targets) ** 2).sum(1).mean() / 2"


def _loop(spec: Playground) -> str:
    training = spec.training
    body = [*_changes(spec.changes), "optimizer.zero_grad()", "loss = criterion(model(x[batch]), y[batch])",
            *_penalties(spec), "loss.backward()", *_frozen(spec), "optimizer.step()"]
    body += ["step += 1"] if spec.changes else []
    begin = "\nstep = 0" if spec.changes else ""
    return (f"{begin}\nfor epoch in range({training.epochs}):\n    model.train()\n"
            f"    for batch in torch.randperm(len(x)).split({training.batch_size}):\n"
            + indent("\n".join(body), " " * 8))


def _penalties(spec: Playground) -> Iterator[str]:
    l1, l2 = spec.training.l1, spec.training.l2 if spec.training.optimizer != "adamw" else 0
    if l1 or l2:
        layers = ", ".join(f"model.fc{number}.weight" for number in range(1, len(spec.sizes)))
        yield f"weights = [{layers}]"
    if l1:
        yield f"loss = loss + {l1:g} * sum(value.abs().sum() for value in weights)"
    if l2:
        yield f"loss = loss + {l2:g} / 2 * sum((value**2).sum() for value in weights)"


def _frozen(spec: Playground) -> Iterator[str]:
    for name in spec.network.frozen:
        layer, neuron = map(int, name.split("."))
        yield f"model.fc{layer}.weight.grad[{neuron - 1}] = model.fc{layer}.bias.grad[{neuron - 1}] = 0  # frozen"


def _changes(changes: tuple[Change, ...]) -> Iterator[str]:
    """Yield what was changed by hand while the run went on, where it was changed."""
    for change in changes:
        name = change.field.partition(".")[2]
        yield f"if step == {change.step}:"
        if PARAMETER.fullmatch(name):
            yield f"    with torch.no_grad():\n        {_place(name)} = {change.value:g}"
        elif name in ("learning_rate", "momentum"):
            key = "lr" if name == "learning_rate" else name
            yield f'    optimizer.param_groups[0]["{key}"] = {change.value:g}'
        else:
            yield f"    pass  # {name} was set to {change.value} by hand"


def _evaluation(spec: Playground) -> str:
    lines = ["\nmodel.eval()", "with torch.no_grad():", "    outputs = model(test_x)",
             '    print(f"test loss {criterion(outputs, test_y):.4f}")']
    if not spec.data.regression:
        right = "outputs.argmax(1) == test_y" if spec.outputs > 1 else "(outputs[:, 0] > 0) == (test_y > 0.5)"
        lines.append(f'    print(f"{{({right}).float().mean():.1%}} of the test points are right")')
    return "\n".join(lines)
