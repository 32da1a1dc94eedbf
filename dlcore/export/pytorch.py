"""An experiment as the PyTorch code that a person would write for it (printed without torch)."""

from collections.abc import Iterator
from textwrap import indent

from dlcore.export.notes import print_notes, tell_changes, tell_precision
from dlcore.specs.data import ImageData, shuffle_seed
from dlcore.specs.datasets import OWN_SIDE, is_own, normalisation
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Block, Network, named_blocks
from dlcore.specs.shapes import layer_table
from dlcore.specs.training import Training

TORCHVISION = {  # class, what chooses the training part and the test part
    "mnist": ("MNIST", "train=True", "train=False"), "fashion_mnist": ("FashionMNIST", "train=True", "train=False"),
    "kmnist": ("KMNIST", "train=True", "train=False"), "cifar10": ("CIFAR10", "train=True", "train=False"),
    "emnist_letters": ("EMNIST", 'split="letters", train=True', 'split="letters", train=False'),
    "gtsrb": ("GTSRB", 'split="train"', 'split="test"'),
}
REPLAYED = ("training.learning_rate", "training.weight_decay", "network.dropout")  # changes that are in the loop
ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU",
               "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus"}


def print_script(experiment: Experiment) -> str:
    """Return a whole script: the module, the data and the training loop; NetworkError where it cannot be built."""
    rest = [_data(experiment), _setup(experiment), _loop(experiment), _evaluation(experiment)]
    module = print_module(experiment.network, experiment.data)
    notes = print_notes(_left_out(experiment))
    return f"{notes}{_imports(experiment)}\n\n\n{module}\n\n\n" + "\n\n".join(rest) + "\n"


def _left_out(experiment: Experiment) -> Iterator[str]:
    data, training = experiment.data, experiment.training
    yield ("the very weights that it began with, pictures of each batch, their changes and draws of dropout: the seed "
           "is the same, what torch draws from it here is not")
    if data.count < data.told.train:
        yield "the very pictures of the subset, which are others here"
    yield from tell_precision(training)
    yield from tell_changes(experiment.changes, REPLAYED)
    if data.augment.thickness:
        yield "the strokes made thinner or thicker"


def print_module(network: Network, data: ImageData) -> str:
    """Return the class Net; its layers have the names that they have on screen and in the saved weights."""
    layers = [f"self.{name} = {call}" for name, call in _layers(network, data)]
    init = indent("\n".join(["super().__init__()", *layers]), " " * 8)
    forward = indent("\n".join(_forward(network, data)), " " * 8)
    return f"class Net(nn.Module):\n    def __init__(self):\n{init}\n\n    def forward(self, x):\n{forward}"


def _layers(network: Network, data: ImageData) -> Iterator[tuple[str, str]]:
    shape: tuple[int, ...] = (data.channels, data.size, data.size)
    for (name, block), row in zip(named_blocks(network.blocks), layer_table(network, data), strict=True):
        if block.kind != "flatten":
            yield name, _call(block, shape)
        shape = row.shape


def _call(block: Block, shape: tuple[int, ...]) -> str:
    match block.kind:
        case "conv":
            extras = "".join(f", {name}={value}" for name, value, usual in (
                ("stride", block.stride, 1), ("padding", block.padding, 0), ("dilation", block.dilation, 1))
                if value != usual)
            return f"nn.Conv2d({shape[0]}, {block.channels}, kernel_size={block.kernel}{extras})"
        case "activation":
            return f"nn.{ACTIVATIONS[block.function]}()"
        case "pool":
            return f"nn.{'Max' if block.mode == 'max' else 'Avg'}Pool2d({block.size}, stride={block.stride})"
        case "batch_norm":
            return f"nn.BatchNorm{'2d' if len(shape) == 3 else '1d'}({shape[0]})"
        case "dropout":
            return f"nn.Dropout({block.p:g})"
        case _:
            return f"nn.Linear({shape[0]}, {block.features})"


def _forward(network: Network, data: ImageData) -> Iterator[str]:
    rows = layer_table(network, data)
    for (name, block), row in zip(named_blocks(network.blocks), rows, strict=True):
        call = "torch.flatten(x, 1)" if block.kind == "flatten" else f"self.{name}(x)"
        shape = ", ".join(map(str, row.shape))
        yield f"x = {call}".ljust(28) + f"# (batch, {shape})"
    yield "return x"


def _imports(experiment: Experiment) -> str:
    functional = "import torch.nn.functional as F\n" if experiment.training.loss != "cross_entropy" else ""
    pillow = "from PIL import Image\n" if experiment.data.dataset == "emnist_letters" else ""
    parts = "ConcatDataset, DataLoader, Subset" if experiment.data.again else "DataLoader, Subset"
    return f"import torch\n{functional}{pillow}from torch import nn, optim\n" \
           f"from torch.utils.data import {parts}\nfrom torchvision import datasets, transforms"


def _data(experiment: Experiment) -> str:
    data, batch = experiment.data, experiment.training.batch_size
    mean, deviation = (_numbers(values) for values in normalisation(data.dataset, data.channels))
    tensors = ["transforms.ToTensor()", f"transforms.Normalize({mean}, {deviation})", *_shuffle(data)]
    draws = f"torch.randperm(len(train_set), generator=torch.Generator().manual_seed({experiment.training.seed}))"
    subset = "" if data.examples == data.told.train else \
        f"\nchosen = {draws}[:{data.examples}]\ntrain_set = Subset(train_set, chosen.tolist())"
    if data.without:
        subset = f"\nleft_out = {{{', '.join(map(str, sorted(set(data.without))))}}}\n" \
                 f"chosen = {draws}[:{data.examples}].tolist()\n" \
                 "train_set = Subset(train_set, [n for n in chosen if n not in left_out])"
    train, test = _sets(data.dataset)
    if data.again:
        subset += f"\n# pictures with more weight: each is shown {data.times} times an epoch\n" \
                  f"again = Subset({train}, {sorted(set(data.again))})\n" \
                  f"train_set = ConcatDataset([train_set, *[again] * {data.times - 1}])"
    order = f"torch.randperm({data.size}**2, generator=torch.Generator().manual_seed({shuffle_seed(data.size)}))"
    shuffled = f"order = {order}  # one for all pictures\n" if data.shuffled else ""
    return (f"{shuffled}train_transform = {_compose([*_resize(data), *_augment(data), *tensors])}\n"
            f"test_transform = {_compose([*_resize(data), *tensors])}\n\n"
            f"train_set = {train}{subset}\ntest_set = {test}\n"
            f"train_loader = DataLoader(train_set, batch_size={batch}, shuffle=True)\n"
            "test_loader = DataLoader(test_set, batch_size=1000)")


def _sets(dataset: str) -> Iterator[str]:
    """Yield the call that makes the training set, and that for the test set."""
    own = is_own(dataset)
    name, *parts = TORCHVISION.get(dataset, ("ImageFolder", "train", "test"))
    extra = ", target_transform=lambda label: label - 1" if dataset == "emnist_letters" else ""
    for part, transform in zip(parts, ("train_transform", "test_transform"), strict=True):
        place = f'"pictures/{part}"' if own else f'"data", {part}, download=True'
        yield f"datasets.{name}({place}, transform={transform}{extra})"


def _numbers(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"({', '.join(f'{value:g}' for value in values)})"


def _compose(steps: list[str]) -> str:
    return "transforms.Compose([\n" + "".join(f"    {step},\n" for step in steps) + "])"


def _resize(data: ImageData) -> list[str]:
    told = data.told
    steps = ["lambda picture: picture.transpose(Image.Transpose.TRANSPOSE)"] if data.dataset == "emnist_letters" else []
    if is_own(data.dataset):
        steps += [f"transforms.Resize({OWN_SIDE})", f"transforms.CenterCrop({OWN_SIDE})"]
    if data.dataset == "gtsrb":
        steps += [f"transforms.Resize(({data.size}, {data.size}))"]
    elif data.size != told.side:
        steps += [f"transforms.Resize({data.size})"]
    return steps + ([f"transforms.Grayscale({data.channels})"] if data.channels != told.channels else [])


def _shuffle(data: ImageData) -> list[str]:
    return ["lambda picture: picture.flatten(1)[:, order].view(picture.shape)"] if data.shuffled else []


def _augment(data: ImageData) -> Iterator[str]:
    """Yield the torchvision transforms; a change of the stroke's thickness has none, and a comment says so."""
    change, shift = data.augment, data.augment.shift / data.told.side
    if change.rotation or change.shift or change.scale:
        moved = f", translate=({shift:.3g}, {shift:.3g})" if change.shift else ""
        scaled = f", scale=({1 - change.scale:.3g}, {1 + change.scale:.3g})" if change.scale else ""
        yield f"transforms.RandomAffine({change.rotation:g}{moved}{scaled})"
    if change.brightness or change.contrast:
        yield f"transforms.ColorJitter(brightness={change.brightness:g}, contrast={change.contrast:g})"
    if change.thickness:
        yield f"# not in torchvision: strokes made thinner or thicker by up to {change.thickness:g} pixels"


def _setup(experiment: Experiment) -> str:
    training = experiment.training
    lines = [f"torch.manual_seed({training.seed})", f'device = torch.device("{training.device}")',
             "model = Net().to(device)", f"criterion = {_criterion(training)}",
             f"optimizer = {print_optimizer(training)}"]
    if training.schedule != "constant":
        lines += [f"epochs, total = {training.epochs}, {training.epochs} * len(train_loader)",
                  f"scheduler = {print_scheduler(training)}"]
    else:
        lines += [f"epochs = {training.epochs}"]
    return "\n".join(lines)


def _criterion(training: Training) -> str:
    return {"cross_entropy": "nn.CrossEntropyLoss()", "bce": "nn.BCEWithLogitsLoss()",
            "mse": "nn.MSELoss()"}[training.loss]


def print_optimizer(training: Training) -> str:
    """Return the call that makes the optimiser of `model`."""
    common = f"model.parameters(), lr={training.learning_rate:g}"
    decays = training.weight_decay or training.optimizer == "adamw"
    decay = f", weight_decay={training.weight_decay:g}" if decays else ""
    name = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}[training.optimizer]
    momentum = f", momentum={training.momentum:g}" if training.optimizer == "sgd" else ""
    return f"optim.{name}({common}{momentum}{decay})"


def print_scheduler(training: Training) -> str:
    """Return the call that makes the scheduler of `optimizer` over `total` steps."""
    match training.schedule:
        case "one_cycle":
            return (f"optim.lr_scheduler.OneCycleLR(optimizer, {training.learning_rate:g}, total_steps=total, "
                    "cycle_momentum=False)")
        case "cosine":
            return "optim.lr_scheduler.CosineAnnealingLR(optimizer, total)"
        case _:
            return "optim.lr_scheduler.MultiStepLR(optimizer, [total // 3, 2 * total // 3], gamma=0.1)"


def _loop(experiment: Experiment) -> str:
    training = experiment.training
    body = ["x, y = x.to(device), y.to(device)"]
    body += ["" if training.zero_grad else "# left out, so that gradients pile up: "]
    body[-1] += "optimizer.zero_grad()"
    body += [*_changes(experiment), "logits = model(x)", f"loss = criterion(logits, {_target(experiment)})",
             "loss.backward()", "optimizer.step()"]
    body += ["scheduler.step()"] if training.schedule != "constant" else []
    body += ["step += 1"] if experiment.changes else []
    inner = indent("\n".join(body), " " * 8)
    begin = "step = 0\n" if experiment.changes else ""
    return f"{begin}for epoch in range(epochs):\n    model.train()\n    for x, y in train_loader:\n{inner}"


def _target(experiment: Experiment) -> str:
    classes = experiment.data.classes
    return "y" if experiment.training.loss == "cross_entropy" else f"F.one_hot(y, {classes}).float()"


def _changes(experiment: Experiment) -> Iterator[str]:
    """Yield what was changed by hand while the run went on, where it was changed."""
    rate = experiment.training.learning_rate
    for change in experiment.changes:
        yield f"if step == {change.step}:"
        match change.field.split(".")[-1]:
            case "learning_rate":
                yield indent(_change_rate(experiment.training.schedule, rate, change.value), "    ")
                rate = change.value
            case "weight_decay":
                yield f'    optimizer.param_groups[0]["weight_decay"] = {change.value:g}'
            case "dropout":
                yield f"    for layer in model.modules():\n        if isinstance(layer, nn.Dropout):\n" \
                      f"            layer.p = {change.value:g}"
            case name:
                yield f"    pass  # {name} was set to {change.value} by hand"


def _change_rate(schedule: str, old: float, new: float) -> str:
    """Return how a learning rate is changed under a schedule: each of torch's keeps it somewhere else."""
    if schedule == "constant" or not old:
        return f'optimizer.param_groups[0]["lr"] = {new:g}'
    if schedule == "one_cycle":
        return 'for key in ("initial_lr", "max_lr", "min_lr"):\n' \
               f"    optimizer.param_groups[0][key] *= {new:g} / {old:g}"
    return f'optimizer.param_groups[0]["lr"] *= {new:g} / {old:g}'


def _forgotten(experiment: Experiment) -> str:
    """Return what it does to the network that it is never told that the training is over."""
    kinds = {block.kind for block in experiment.network.blocks if getattr(block, "p", 1.0)}
    effects = [text for kind, text in (("dropout", "dropout stays on"),
                                       ("batch_norm", "batch norm goes on using the figures of each batch"))
               if kind in kinds]
    return " and ".join(effects) or "that changes nothing here, for there is neither dropout nor batch norm"


def _evaluation(experiment: Experiment) -> str:
    forgotten = f"# model.eval() is forgotten: {_forgotten(experiment)}\n"
    mode = "model.eval()\n" if experiment.training.eval_mode else forgotten
    return (f"{mode}correct = 0\nwith torch.no_grad():\n    for x, y in test_loader:\n"
            "        correct += (model(x.to(device)).argmax(1).cpu() == y).sum().item()\n"
            'print(f"{correct / len(test_set):.2%} of the test pictures read right")')
