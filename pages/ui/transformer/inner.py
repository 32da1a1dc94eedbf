"""Inside a head: one token's way through the network, step by step, with the numbers that it really had."""

from functools import partial
from typing import Any

import streamlit as st

from dlcore.errors import DerinError
from pages.ui.language import _, language, told
from pages.ui.lines import open_line
from pages.ui.live import pack, pack_topics
from pages.ui.transformer import parts, sight
from pages.ui.transformer.moments import ask, inside_topic
from pages.ui.transformer.polling import subject

WHERE = ("layer", "head", "row", "column")


def show_inside(page: str) -> None:
    """Draw the diagram of the network and the steps of the chosen head; it asks for numbers on a line of its own."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    address = open_line(f"{page}.inside", partial(answer_inside, st.session_state[f"_subject.{page}"]))
    st.caption(_("The whole network, from the tokens at the bottom to the prediction at the top: click a block or a "
                 "head, and its numbers open. They are those of the token that is marked in the picture above, else of "
                 "the last one."))
    parts.inside(key=f"{page}.inside", data=pack({
        "channel": page, "language": language(), "line": address, "first": sight.first_part(looked.spec),
        "words": _stack_words() | _step_words()}))


def answer_inside(held: dict[str, Any], question: dict) -> bytes:
    """Return the numbers of a place as a message, or what is wrong with the question."""
    looked = held.get("sight")
    asked = read_question(question)
    if looked is None or asked is None:
        return pack({"error": _("This cannot be looked at any more.")})
    try:
        answer = ask("inside", looked, **asked)
    except DerinError as error:
        return pack({"error": told(error, markdown=False)})
    return pack_topics({"inside": inside_topic(asked, answer)})


def read_question(question: dict) -> dict | None:
    """Return the place that a question from the browser means, None where it makes no sense."""
    numbers = {name: question.get(name) for name in WHERE}
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers.values()):
        return None
    part = question.get("part")
    return {"part": part, **numbers} if part in ("encoder", "decoder", "cross") else None


def _stack_words() -> dict[str, str]:
    return {
        "stack": _("The network, from the tokens at the bottom to the prediction at the top."), "tokens": _("Tokens"),
        "prediction": _("Prediction"), "embedding": _("Embedding + position"), "encoder": _("Encoder"),
        "decoder": _("Decoder"), "model": _("Language model"), "norm": _("Norm"), "logits": _("Logits, softmax"),
        "feed_forward": _("Feed-forward"), "layer": _("Layer {n}"), "self": _("Self-attention"),
        "cross": _("Cross-attention"),
        "place": _("{group} · layer {layer} · head {head}"),
    }


def _step_words() -> dict[str, str]:
    return {
        "none": _("The numbers come as soon as the network answers."), "dimension": _("dimension"),
        "numbers": _("numbers"), "position": _("position"), "output": _("output"), "keys": _("Keys k, a row a token"),
        "values": _("Values v, a row a token"), "looks_at": _("looks at"), "mask": _("mask"), "token": _("token"),
        "logit": _("logit"), "projected": _("all heads, mixed"), "before": _("before"), "after": _("after"),
        "hidden": _("before the activation"), "active": _("behind the activation"), "apart": _("largest difference"),
        "s_embedding": _("Embedding and position"), "s_stream": _("The residual stream"), "s_norm": _("Layer norm"),
        "s_projections": _("Query, keys, values"), "s_scores": _("Scores, scale, mask, softmax"),
        "s_sum": _("Weighted sum of the values"), "s_concatenation": _("Concatenation of the heads"),
        "s_residual": _("Residual connection"), "s_feed_forward": _("Feed-forward"), "s_logits": _("Logits"),
        "s_checks": _("Worked out again from the numbers shown"),
        "t_position": _("The token's own vector, and what says where it stands."),
        "t_no_position": _("Nothing is added that says where the token stands."),
    }
