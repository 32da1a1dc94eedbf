"""The curves of the Playground page: loss, and accuracy (for numbers, the share of the variance that is explained)."""

from dlcore.specs.playground import Playground
from pages.ui.language import _
from pages.ui.panels import Chart, Line, curves

HEIGHT = 106


def show_loss(page: str, spec: Playground) -> None:
    """Draw the loss on the training and the test points."""
    curves(f"{page}.loss_curves", page, [
        Chart("loss", _("Loss"), _lines(spec, "loss"), low=0, log=True, height=HEIGHT)])


def show_accuracy(page: str, spec: Playground) -> None:
    """Draw the accuracy; for numbers R², the share of their variance that the network explains."""
    if spec.data.regression:
        chart = Chart("r2", "R²", _lines(spec, "r2"), low=0, high=1, height=HEIGHT)
    else:
        chart = Chart("accuracy", _("Accuracy"), _lines(spec, "accuracy"), unit="percent", low=0.5, high=1,
                      height=HEIGHT)
    curves(f"{page}.accuracy_curves", page, [chart])


def _lines(spec: Playground, name: str) -> tuple[Line, ...]:
    train, test = Line(f"train_{name}", _("training"), "grey"), Line(f"test_{name}", _("test"))
    return (train, test) if spec.data.test_count else (train,)
