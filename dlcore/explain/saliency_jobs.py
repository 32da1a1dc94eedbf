"""What the Saliency page has done as Jobs, and asks as short questions."""

from collections.abc import Iterator

from dlcore.explain.sheet import fill_sheet
from dlcore.explain.snapshot import Snapshot, load
from dlcore.training.work import Work


class Maps(Work):
    """The maps of "methods" for "images" (see dlcore.explain.sheet), one after the other."""

    def run(self) -> Iterator[float]:
        """Yield after every map."""
        for done, sheet in fill_sheet(load(self.request["model"], self.home), self.request):
            self.result = sheet
            yield done


def show_maps(snapshot: Snapshot, request: dict) -> dict:
    """Return the whole sheet of a few quick methods (see dlcore.explain.sheet)."""
    return [sheet for _done, sheet in fill_sheet(snapshot, request)][-1]


QUESTIONS = {"saliency": show_maps}
JOBS = {"saliency": Maps}
