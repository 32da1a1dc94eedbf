"""The words of the diagram and the plane."""

from pages.ui.language import _, ngettext


def board_words(layers: int) -> dict[str, str]:
    """Return every text that static/js/playground.js and its parts show for a network with so many hidden layers."""
    return {
        "network": _("Network"), "network_note": _("lines are weights, corner squares biases: click one to set it"),
        "hidden_layers": ngettext("{n} hidden layer", "{n} hidden layers", layers),
        "fewer_layers": _("Remove the last hidden layer"),
        "more_layers": _("Add a hidden layer"), "fewer_neurons": _("Fewer neurons in layer {layer}"),
        "more_neurons": _("More neurons in layer {layer}"), "activation": _("Activation function of layer {layer}"),
        "layer": _("Layer {layer}"), "features": _("Features"), "feature": _("Feature {name}"),
        "output": _("Output"), "outputs": _("Classes"), "output_of": _("Output: {name}"),
        "neuron": _("Layer {layer}, neuron {n}"), "from": _("from {n}"), "bias": _("bias"),
        "diagram": _("The network: {sizes} neurons in its layers, drawn from left to right."),
        "frozen": _("Freeze"), "frozen_said": _("A frozen neuron keeps its weights and its bias."),
        "removed": _("Remove"), "removed_said": _("A removed neuron gives 0 to the next layer."),
        "close": _("Close"), "surface": _("What the network answers"), "says": _("{name}, {share}"),
        "plane": _("The plane with the points. Keys: arrows move a cross, space picks or puts a point, 1 to 5 choose "
                   "a class, 0 only looks, z takes back, Delete clears the own points."),
        "put": _("Add points"), "put_class": _("Click or pull on the plane to put points: {name}"), "look": _("Look"),
        "undo": _("Undo"), "clear": _("Clear"), "test": _("Test points"), "discrete": _("Discrete"),
        "training": _("{n} training"), "testing": _("{n} test"), "pick": _("Click the plane to pick a point."),
        "pull": _("Click or pull on the plane to put points."), "walk": _("Walk it through the network"),
    }  # fmt: skip
