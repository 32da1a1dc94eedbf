"""What a transformer makes of a text at one moment, as topics for the panels.

Topics, besides those of pages/ui/live.py:

    attention  groups, sheet (static/js/headmaps.js); number (what was asked, so that the same is known again), off
               ["part.layer.head"]; for what comes next after a token: count, inputs, expected {"blue": [[text, share]
               ... a row]}, truth, cells, parts; for the answer: translates, right, truth_text, forced (whether the
               decoder reads an answer that was typed), told [[token, its probability, likeliest one, that one's] ...]
    inside     see static/js/insideparts.js
    token      see static/js/nexttoken.js
"""

from typing import Any

import numpy as np

from dlcore.data.tokens import STOP
from dlcore.plots.theme import encode_magnitude
from pages.ui.explaining import explain
from pages.ui.language import _
from pages.ui.transformer.names import part_name, stream_name
from pages.ui.transformer.sight import Sight

Topics = dict[str, dict]
MEASURED = ("evaluate", "importance", "induction", "beside")  # Jobs that no text is asked for
FOUND = ("attribution", "film")                               # Jobs that find the same whenever they are asked
BLUE = "blue"  # the colour of what the network expects
VECTORS = ("embedding", "position", "before", "read", "query", "keys", "values", "terms", "products", "scaled",
           "masked", "weights", "sum", "heads", "projected", "after")


def ask(kind: str, sight: Sight, **how: object) -> dict:
    """Ask the explainer; SpecError with the field "text" where the text cannot be read, EngineError."""
    return explain(request(kind, sight, **how))


def request(kind: str, sight: Sight, **how: object) -> dict:
    """Return a request about what is looked at: its model, text, and heads that are switched off.

    What was found for weights that stay as they are is kept, and of what is measured on held-out texts for every text.
    """
    about = {"off": [list(head) for head in sight.off]} | ({} if kind in MEASURED else texts_of(sight))
    stays = sight.model.get("step") is not None or "pretrained" in sight.model
    kept = {"cache": True} if stays and kind in (*MEASURED, *FOUND) else {}
    return {"kind": f"transformer_{kind}", "model": sight.model, **about, **kept, **how}


def texts_of(sight: Sight) -> dict[str, str]:
    """Return what encoder and decoder read, as requests have it."""
    return {"text": sight.text} | ({} if sight.target is None else {"target": sight.target})


def moment(sight: Sight) -> Topics:
    """Return the topics of a moment."""
    return {"attention": attention_topic(sight, ask("attention", sight))}


def attention_topic(sight: Sight, answer: dict) -> dict:
    """Return the topic "attention": every head's weights as bytes, and what the network answers."""
    target, translates, forced = answer["target"], bool(answer["source"]), sight.target is not None
    return {
        "groups": [_group(part, told, answer) for part, told in answer["parts"].items()],
        "sheet": np.ascontiguousarray(answer["weights"]), "number": "/".join(sight.key), "count": len(target),
        "off": [f"{part}.{layer}.{head}" for part, layer, head in sight.off], "inputs": list(target),
        "joint": " " if translates else "",
        "expected": {BLUE: [[[token, float(share)] for token, share in row] for row in answer["top"]]},
        "truth": [*target[1:], ""] if forced or not translates else [""] * len(target), "parts": ["decoder", "cross"],
        "cells": [{"name": BLUE, "title": _("the network")}],
        "translates": translates, "right": None if forced else answer["right"],
        "truth_text": answer.get("truth") or "", "forced": forced, "told": _told(answer, forced) if translates else [],
    }


def _told(answer: dict, forced: bool) -> list[list]:
    """Return the tokens of a translation, each with its probability and the likeliest one in its place.

    Of the network's own answer the token that ends it is left out; behind a typed one comes what it would tell next.
    """
    best = [(row[0][0], float(row[0][1])) for row in answer["top"]]
    read = [(token, float(share)) for token, share in zip(answer["target"][1:], answer["given"], strict=True)]
    told = [[*one, *likeliest] for one, likeliest in zip([*read, best[-1]], best, strict=True)]
    return told if forced or best[-1][0] != STOP else told[:-1]


def told_rows(answer: dict) -> list[str]:
    """Return the token that each row of a decoder is there to tell: what is read next, and at the end what it tells."""
    return [*answer["target"][1:], answer["answer"][-1]]


def _group(part: str, told: dict, answer: dict) -> dict:
    layers, heads = told["shape"][:2]
    rows = told_rows(answer) if part == "cross" else answer[told["rows"]]  # an answer's token looks when it is told
    return {"name": part, "title": part_name(part, bool(answer["source"])), "layers": layers, "heads": heads,
            "rows": list(rows), "columns": list(answer[told["columns"]]), "start": told["first"],
            "self": part != "cross", "causal": part == "decoder"}


# inside a head

def inside_topic(asked: dict, answer: dict) -> dict:
    """Return the topic "inside": the numbers of one token on its way through one head."""
    topic: dict[str, Any] = {name: np.asarray(answer[name], np.float32 if name != "masked" else bool)
                             for name in VECTORS if answer.get(name) is not None}
    topic |= {f"stream{index}": np.asarray(one["values"], np.float32) for index, one in enumerate(answer["stream"])}
    topic |= {"token": answer["token"], "columns": list(answer["columns"]), "row": asked["row"],
              "scale": float(answer["scale"]), "heads": len(answer["heads"]), "logits": answer["logits"],
              "stream": [{"name": stream_name(one["name"]), "layer": one["layer"]} for one in answer["stream"]],
              "checks": [{"name": one["name"], "apart": float(one["apart"])} for one in answer["checks"]]}
    topic["all_heads"] = np.asarray(answer["heads"], np.float32)
    if norm := answer.get("norm"):
        topic["norm"] = {name: float(norm[name]) for name in ("mean", "deviation")}
        topic |= {f"norm_{name}": np.asarray(norm[name], np.float32)
                  for name in ("input", "normalised", "gain", "shift", "output")}
    if inner := answer.get("feed_forward"):
        topic |= {f"ff_{name}": np.asarray(values, np.float32) for name, values in inner.items()}
    return topic


# all heads together

def view_topic(sight: Sight, view: str, part: str) -> dict:
    """Return the topic "view": the alignment of a translation, or the attention rollout of a part."""
    if view == "alignment":
        answer = ask("alignment", sight)
        return _picture(_("Alignment: the mean of all cross-attention"), told_rows(answer), answer["source"],
                        answer["weights"])
    answer = ask("rollout", sight)
    stack = "encoder" if part == "encoder" else "decoder"
    rows = answer["source"] if stack == "encoder" else answer["target"]
    return _picture(_("Attention rollout, through all layers"), rows, answer["columns"][stack], answer[stack][-1])


def _picture(title: str, rows: list[str], columns: list[str], weights: np.ndarray) -> dict:
    """Return a map as a picture; its bytes end at 1."""
    return {"title": title, "rows": list(rows), "columns": list(columns), "self": False, "causal": False,
            "weights": encode_magnitude(weights, 1.0)}
