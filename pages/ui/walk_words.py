"""What is said at each step of a walk through a network and back, in the visitor's language."""

from dlcore.errors import N_
from pages.ui.language import _

PHASES = (N_("Forward pass"), N_("Loss"), N_("Backward pass"), N_("Update"))
KINDS = {
    "linear": N_("Each input times its weight, added up, plus the bias."),
    "activation": N_("The activation bends the sum."),
    "log_softmax": N_("Softmax turns the outputs into probabilities; this is the logarithm of one."),
    "loss_mse": N_("The squared distance of each output from its target; the loss is their mean."),
    "loss_cross_entropy": N_("The loss is minus the logarithm of the true class's probability."),
    "loss_bce": N_("Each output is a yes-or-no question; the loss is the mean of what the answers cost."),
    "seed": N_("The way back begins with 1: the loss changes exactly as much as itself."),
    "through_loss": N_("How much the loss changes with this output: the first local derivative."),
    "through_log_softmax": N_("The chain rule through softmax: the probability, minus 1 for the true class."),
    "through_activation": N_("Chain rule: the gradient so far times the slope of the activation at this sum."),
    "through_linear": N_("What it was multiplied by on the way forward, the gradient is multiplied by on the way "
                         "back; over several ways it is added up."),
    "weights": N_("A weight's gradient: the gradient of its sum times the value that came in."),
    "update": N_("The optimiser moves each weight against its gradient."),
}
NOTES = {
    "dead": N_("The sum is not above zero, where ReLU is flat: its slope is 0 and no gradient passes."),
    "flat": N_("The activation is nearly flat here: hardly any gradient passes."),
}
FIGURES = {"value": N_("Value"), "local": N_("Local derivative"), "so_far": N_("Product so far")}
TEXTS = {
    "picture": N_("Network {sizes}."), "step": N_("Step {step} of {count}"),
    "first": N_("To the first step"), "back": N_("One step back"), "next": N_("Next step"),
    "next_update": N_("On to the next update"), "play": N_("Play"), "pause": N_("Pause"),
    "keys": N_("The network. Keys: left and right arrow walk, Home and End go to the ends, Space plays, up and down "
               "arrow pick a weight, Enter checks its gradient."),
    "weight": N_("Weight"), "value": N_("Value"),
    "not_a_number": N_("{value} is no number. Type one such as 0.5."),
    "one_path": N_("One path leads from this weight to the loss. Its factors, multiplied:"),
    "many_paths": N_("{n} paths lead from this weight to the loss. Multiply along each, then add:"),
    "more_paths": N_("{n} more paths, together {sum}"),
    "dead": N_("A ReLU with slope 0 lies on every path: the gradient is 0, and this weight does not learn."),
    "check": N_("Check"), "check_hint": N_("Compare it with a finite difference."),
    "compared": N_("The weight moved by {step} either way: the loss is {plus} above and {minus} below, so the slope is "
                   "{estimate}. Backpropagation says {gradient}:"),
    "agrees": N_("they agree. Digits that are the same: {n}; losses of 16 digits can show about {shown} here."),
    "zero": N_("they agree: the slope is zero, as far as losses of 16 digits can tell."),
    "unseen": N_("losses of 16 digits cannot show a slope as small as this."),
    "kink": N_("they differ, for a ReLU bends within this step: on either side the slope is another."),
    "differs": N_("they differ."),
    "update": N_("Update {n}"), "rate": N_("Learning rate η = {rate}"),
    "effect": N_("the loss goes from {before} to {after}"),
}


def walk_words() -> dict:
    """Return all texts of the component backprop.js."""
    groups = {"kinds": KINDS, "notes": NOTES, "figures": FIGURES}
    said = {group: {name: _(text) for name, text in texts.items()} for group, texts in groups.items()}
    return {name: _(text) for name, text in TEXTS.items()} | said | {"phases": [_(phase) for phase in PHASES]}
