"""The page's experiment as PyTorch code."""


from dlcore.export.playground import print_playground
from pages.ui import code, state
from pages.ui.learned import problem
from pages.ui.playground import sharing, steering


def show_code(page: str) -> None:
    """Draw the whole script: points, network and training loop, with what was changed by hand where it was changed."""
    if sharing.hides(page, "code"):
        return
    view, spec = steering.shown(page), state.experiment(page)
    if problem(spec) is None:
        spec = view.experiment if view else spec
        code.show_code(page, spec, print_playground(spec), view)
