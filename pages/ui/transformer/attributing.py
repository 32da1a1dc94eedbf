"""Attention beside attribution: what a token looks at, and what its prediction depends on."""

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from pages.ui.foreign import plain
from pages.ui.language import _, language, number, told
from pages.ui.live import pack_topics
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer import parts
from pages.ui.transformer.moments import ask, request
from pages.ui.transformer.names import part_name
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight, place, read_place
from pages.ui.transformer.switching import groups_of


def show_attribution(page: str) -> None:
    """Draw the button that computes integrated gradients for the marked token, and what came of it beside attention."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    st.markdown(_("Attention says what a token takes from others; **integrated gradients** say how much its prediction "
                  "depends on each of them. Where the two agree, attention may explain something; often they do not."))
    st.button(_("Integrated gradients of the marked token"), key=f"{page}.attribute", icon=":material/balance:",
              on_click=_begin, args=(page,), help=_("The token that was clicked in the picture above, else the last."))
    watch(page, "attribution", lambda found: _show(page, found))


def _begin(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is None:
        return
    at = place(page, looked)
    row = {} if at.row is None or at.part == "encoder" else {"row": at.row}
    work(page, "attribution").begin(request("attribution", looked, **row))


def _show(page: str, found: Work) -> None:
    looked, result = subject(page)["sight"], found.result
    if not result or looked is None or result.get("values") is None:
        return
    st.markdown(_("What made the network expect “{token}”").format(token=plain(result["of"])))
    sides = st.columns(2 if result["source"] else 1, gap="medium")
    for side, (name, part) in zip(sides, _sides(result), strict=False):
        with side:
            _show_tokens(page, looked, found, name, part)
    st.caption(_("The values add up to {sum}; the theory promises {promise} ({steps} steps of the way).").format(
        sum=number(float(result["sum"]), 3), promise=number(float(result["promise"]), 3), steps=result["steps"]))
    if result["defined"]:
        _show_correlations(page, looked, result)
    else:
        st.caption(_("All values are about zero: there is nothing to attribute, and no rank correlation is defined."))


def _sides(result: dict) -> list[tuple[str, str]]:
    """Return the texts that count, and the part whose attention goes to each."""
    return [("source", "cross"), ("target", "decoder")] if result["source"] else [("target", "decoder")]


def _show_tokens(page: str, looked: Sight, found: Work, name: str, part: str) -> None:
    """Show a text's tokens with their attribution and the attention of the chosen head, or of the first one."""
    result = found.result
    values = np.asarray(result["values"][name], np.float32)
    at = read_place((st.session_state.get(f"{page}.onehead") or {}).get("at"))
    layer, head = (at.layer, at.head) if at.part == part else (looked.spec.network.layers - 1, 0)
    columns, rows = [{"title": _("attribution"), "kind": "signed"}], [values]
    try:
        weights = ask("head", looked, part=part, layer=min(layer, looked.spec.network.layers - 1),
                      head=min(head, looked.spec.network.heads - 1))["weights"]
        rows.append(np.asarray(weights[result["row"]][: len(values)], np.float32))
        columns.append({"title": _("attention, layer {layer}, head {head}").format(layer=layer + 1, head=head + 1),
                        "kind": "share"})
    except DerinError as error:
        st.caption(told(error))
    title = _("Source") if name == "source" else _("Text so far")
    parts.tokenbars(key=f"{page}.tokens_{name}", data=pack_topics(
        {f"tokens_{name}": {"names": list(result[name])[: len(values)], "columns": columns,
                            "values": np.stack(rows)}},
        channel=page, topic=f"tokens_{name}", language=language(), title=title,
        words={"token": _("token"), "dimension": "", "numbers": ""}))


def _show_correlations(page: str, looked: Sight, result: dict) -> None:
    values = {f"{part}.{layer}.{head}": float(value) for part, table in result["attention"].items()
              for layer, row in enumerate(np.asarray(table)) for head, value in enumerate(row) if np.isfinite(value)}
    told_parts = [group for group in groups_of(looked) if group["name"] in result["attention"]]
    topic = {"groups": told_parts, "values": values, "signed": True, "kind": "number", "most": 1, "off": [],
             "note": _("Spearman's, of each head's row with the sizes of the attributions; 1: the same order")}
    parts.headbars(key=f"{page}.correlations", on_off_change=lambda: None, data=pack_topics(
        {"correlations": topic}, channel=page, topic="correlations", language=language(), switches=False,
        title=_("Rank correlation with the attribution"),
        words={"head": "", "place": _("{group} · layer {layer} · head {head}")}))
    means = [_("{part}, mean of layer {layer}: {value}").format(
        part=part_name(part, looked.translates), layer=layer + 1, value=_signed(value))
        for part, layers in result["mean"].items() for layer, value in enumerate(np.asarray(layers))
        if np.isfinite(value)]
    if np.isfinite(result["rollout"]):
        means.append(_("attention rollout: {value}").format(value=_signed(result["rollout"])))
    st.caption(" · ".join(means))


def _signed(value: float) -> str:
    return number(float(value), 2).replace("-", "−")
