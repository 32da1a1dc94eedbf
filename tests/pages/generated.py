"""Specs by the thousand, as a link holds them: every field inside its rule or at the edge of it (hypothesis)."""

import json
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from hypothesis import strategies as st

from dlcore.specs.backprop import PARAMETER
from dlcore.specs.codec import PAGES
from dlcore.specs.fields import Rule, rule_of
from dlcore.specs.model import BLOCKS
from dlcore.specs.plane_network import FEATURES
from dlcore.specs.recurrent import CELLS

ADDRESSES = {  # a kind of spec -> the pages that show it: file, and what else the address says
    "experiment": [("digits.py", {})],
    "neuron": [("neuron.py", {})],
    "backprop": [("backprop.py", {})],
    "convolution": [("convolution.py", {})],
    "saliency": [("saliency.py", {})],
    "noising": [("diffusion.py", {"part": "noise"})],
    "playground": [("playground.py", {})],
    "recurrent": [("recurrent.py", {})],
    "sampling": [("diffusion.py", {"part": "plane"}), ("diffusion.py", {"part": "digits"})],
    "diffusion": [("diffusion.py", {"part": "plane"}), ("diffusion.py", {"part": "digits"}), ("diffusion.py", {})],
    "transformer": [("transformer.py", {})],
}


def plain_specs(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return plain specs of a kind, of which some fields are given."""
    return _plain(PAGES[kind].spec)


def links(kinds: tuple[str, ...] = tuple(ADDRESSES)) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    """Return pages and addresses that hold a generated spec."""
    return st.sampled_from(kinds).flatmap(lambda kind: st.tuples(
        st.sampled_from(ADDRESSES[kind]), plain_specs(kind).map(json.dumps)).map(
            lambda drawn: (drawn[0][0], {**drawn[0][1], kind: drawn[1]})))


def _plain(spec: type) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(spec)
    values = {declared.name: _field(declared, hints[declared.name]) for declared in fields(spec)
              if declared.name not in ("kind", "changes")}
    return st.fixed_dictionaries({}, optional=values)


def _field(declared: Any, hint: Any) -> st.SearchStrategy[Any]:
    if rule := rule_of(declared):
        return value_of(rule)
    if declared.name == "blocks":
        return st.lists(st.sampled_from(sorted(BLOCKS)).flatmap(
            lambda name: _plain(BLOCKS[name]).map(lambda plain: {"kind": name, **plain})), max_size=6)
    if "part" in declared.metadata:
        return st.lists(_plain(declared.metadata["part"]), max_size=declared.metadata["most"])
    if is_dataclass(hint):
        return _plain(hint)
    return st.sampled_from(["cpu", "cuda", "mps", "cuda:1"])  # a device


def value_of(rule: Rule) -> st.SearchStrategy[Any]:
    """Return values that a rule allows, often those at its edge."""
    if rule.length:
        least, most = rule.length
        return st.lists(value_of(rule.each), min_size=least, max_size=min(most, least + 6))
    if type(rule) is not Rule:
        return SPECIAL[type(rule).__qualname__, type(rule).__module__.rpartition(".")[2]]
    if rule.type is bool:
        return st.booleans()
    if rule.options:
        return st.sampled_from(rule.options) | (st.from_regex(rule.pattern, fullmatch=True) if rule.pattern
                                                else st.nothing())
    if rule.type is int:
        return st.sampled_from([rule.low, rule.high]) | st.integers(rule.low, rule.high)
    return st.sampled_from([rule.low, rule.high]) | st.floats(rule.low, rule.high, allow_subnormal=False)


def _numbers(*bounds: tuple[float, float]) -> st.SearchStrategy[list]:
    return st.tuples(*(st.floats(low, high) for low, high in bounds)).map(list)


def _named(pattern: str) -> st.SearchStrategy[str]:
    return st.just("") | st.from_regex(pattern, fullmatch=True)


NEURONS = st.lists(st.from_regex(r"[1-9]\.([1-9]|1[0-6])", fullmatch=True), max_size=3)
BY_HAND = r"w[1-4]\.[1-4]\.[1-4]|b[1-4]\.[1-4]"
SPECIAL = {  # rules that are no range and no choice, by their class and module
    ("_OwnPoints", "diffusion"): st.lists(_numbers((-6, 6), (-6, 6)), max_size=12),
    ("_OwnPoints", "plane"): st.lists(st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.integers(0, 4)).map(list),
                                      max_size=12),
    ("_TableName", "plane"): _named(r"[0-9a-f]{16}-[1-9][0-9]{0,4}-[2-5]"),
    ("_ColumnName", "sequences"): _named(r"[0-9a-f]{16}-[1-9][0-9]{0,4}"),
    ("_TextName", "texts"): _named(r"[0-9a-f]{16}-[1-9][0-9]{3,7}-[1-9][0-9]{0,3}"),
    ("_Cells", "recurrent"): st.lists(st.sampled_from(CELLS), min_size=1, max_size=4, unique=True),
    ("_Features", "plane_network"): st.lists(st.sampled_from(FEATURES), min_size=1, unique=True),
    ("_Neurons", "plane_network"): NEURONS,
    ("_ByHand", "plane_network"): st.lists(st.tuples(st.from_regex(BY_HAND, fullmatch=True),
                                                     st.floats(-100, 100)).map(list), max_size=4),
    ("_ByHand", "backprop"): st.lists(st.tuples(st.from_regex(PARAMETER, fullmatch=True),
                                                st.floats(-100, 100)).map(list), max_size=4),
    ("_Named", "backprop"): st.from_regex(PARAMETER, fullmatch=True),
    ("_Pixels", "subject"): st.just(""),
    ("_Layer", "convolution"): st.sampled_from(["conv1", "conv2", "conv9", "linear1", "relu1", "pool1"]),
    ("_Filters", "convolution"): st.lists(st.tuples(st.sampled_from(["conv1", "conv2", "conv7"]),
                                                    st.sampled_from([0, 1, 15, 511])).map(list), max_size=4),
    ("_Text", "sampling"): st.text(max_size=40) | st.sampled_from(["three", "a thick seven", "drei", "x" * 200]),
    ("_Kernel", "bench"): st.sampled_from([1, 3, 5, 7]).flatmap(
        lambda side: st.lists(st.floats(-10, 10), min_size=side * side, max_size=side * side)),
}
