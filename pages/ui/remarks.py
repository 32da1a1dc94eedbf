"""What stands beside the bars of a reading: what the class scores cannot say.

A remark is {"text", "title" (what was measured), "loud" (whether it is a warning)}.
"""

from pages.ui.language import _, percent

UNLIKE = 0.97  # of the test pictures: what lies farther from the training than so many is unlike anything in it


def tell(two: bool, nearer: float | None, dataset: str) -> dict | None:
    """Return the remark on a drawing: whether there are two, and which share of the test pictures are nearer to what
    was learned (None where that is not known).
    """
    if two:
        return {"text": _("Two drawings: draw one digit."), "loud": True,
                "title": _("There are two separate drawings on the pad. The network takes them for one and must choose "
                           "a digit all the same.")}
    if nearer is None:
        return None
    return {"text": _text(nearer, dataset == "mnist"), "loud": nearer >= UNLIKE,
            "title": _("How far it lies from the training pictures, in what the network's dense layers are given: the "
                       "distance to the fifth nearest of up to 2,000 of them, compared with that of the test pictures. "
                       "It is a measure and no proof: what is no digit can lie near, too.")}


def _text(nearer: float, digits: bool) -> str:
    """Return the remark in as few words as there is room for beside the bars."""
    if nearer >= UNLIKE:
        return _("Unlike anything it has learned")
    text = _("Farther out than {share} of test digits") if digits else _("Farther out than {share} of test pictures")
    return text.format(share=percent(nearer, 0))
