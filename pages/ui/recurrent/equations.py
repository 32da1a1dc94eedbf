"""The equation of one unit of a cell, filled with its numbers at one step: the topic "equation".

    shape (what the sheet looks like), title, note, columns [text],
    rows   [{symbol, name, values [W·x, U·h, b, sum], function, value, signed}], a row a gate
    lines  [{formula, numbers ("[0]·[1]"), values, value}], what follows from the gates
"""

from typing import Any

from pages.ui.language import _
from pages.ui.recurrent.names import cell_name, map_name, symbol
from pages.ui.recurrent.sight import Place

FUNCTIONS = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU"}


def equation_topic(at: Place, step: int, inputs: Any, found: dict) -> dict:
    """Return the topic "equation" of a place, from what the explainer found there."""
    values = {term["gate"]: term["value"] for term in found["terms"]}
    return {
        "shape": f"{at.cell}{len(found['terms'])}", "title": _("{cell}, unit {unit}, step {step}").format(
            cell=cell_name(at.cell), unit=at.unit + 1, step=step),
        "note": _reset_note(at.cell), "columns": ["", "W·x", "U·h_{t−1}", "b", _("sum"), "", _("value")],
        "rows": [_row(at.cell, term) for term in found["terms"]], "lines": _lines(at.cell, values, found),
    }


def _reset_note(cell: str | None) -> str:
    """Say how the GRU of torch differs from the paper's."""
    if cell != "gru":
        return ""
    return _("n: r multiplies U·h + its bias, after the product (the first paper: before it)")


def _row(cell: str, term: dict) -> dict:
    bias, recurrent = term["bias"] + term["recurrent_bias"], term["recurrent"]
    if _is_reset(cell, term):
        bias, recurrent = term["bias"], recurrent + term["recurrent_bias"]
    return {"symbol": symbol(cell, term["gate"]), "name": map_name(term["gate"]),
            "values": [float(term["input"]), float(recurrent), float(bias), float(term["sum"])],
            "function": FUNCTIONS[term["function"]], "value": float(term["value"]),
            "signed": term["function"] != "sigmoid"}


def _is_reset(cell: str, term: dict) -> bool:
    """Whether the state's part, with its bias, is multiplied by the reset gate."""
    return cell == "gru" and term["gate"] == "candidate"


def _lines(cell: str, gates: dict[str, float], found: dict) -> list[dict]:
    """Return what the cell makes of its gates."""
    if cell == "lstm":
        return [_line("c_{t} = f·c_{t−1} + i·g", "[0]·[1] + [2]·[3]", found["cell"],
                      gates["forget"], found["cell_before"], gates["input"], gates["candidate"]),
                _line("h_{t} = o·tanh(c_{t})", "[0]·tanh([1])", found["hidden"], gates["output"], found["cell"])]
    if cell == "gru":
        return [_line("h_{t} = z·h_{t−1} + (1 − z)·n", "[0]·[1] + (1 − [0])·[2]", found["hidden"],
                      gates["update"], found["hidden_before"], gates["candidate"])]
    return []


def _line(formula: str, numbers: str, value: float, *values: float) -> dict:
    return {"formula": formula, "numbers": numbers, "values": [float(one) for one in values], "value": float(value)}
