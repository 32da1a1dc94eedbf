"""What the parts of a transformer, its tasks and its measures are called on the Transformer page."""

from pages.ui.language import N_, _

PARTS = {"encoder": N_("Encoder self-attention"), "decoder": N_("Decoder self-attention"), "cross": N_("Cross-attention")}
STREAM = {
    "embedding": N_("embedding"), "encoder": N_("after self-attention"), "decoder": N_("after self-attention"),
    "cross": N_("after cross-attention"), "feed_forward": N_("after feed-forward"), "final": N_("after the last norm"),
}


def part_name(part: str, translates: bool) -> str:
    """Return what a part is called; a language model has only one."""
    return _(PARTS[part]) if translates else _("Self-attention")


def stream_name(name: str) -> str:
    """Return what a place of the residual stream is called."""
    return _(STREAM[name]) if name in STREAM else name
