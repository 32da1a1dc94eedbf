"""A neuron in a link: it comes back as it was, and what a visitor types is mended to what can be."""

import json
import random

import pytest

from dlcore.errors import SpecError
from dlcore.specs.codec import MAX_LINK, from_dict, from_link, to_dict, to_link
from dlcore.specs.fields import check_values
from dlcore.specs.neuron import CURVES, FUNCTIONS, KNOTS, Line, Neuron


def random_neuron(seed: int) -> Neuron:
    draw = random.Random(seed)

    def row(length: int, most: float) -> tuple[float, ...]:
        return tuple(draw.uniform(-most, most) for _ in range(length))

    line = Line(curve=draw.choice(CURVES), drawn=row(KNOTS, 1.5), neurons=draw.randint(1, 16),
                layers=draw.randint(1, 3), linear=draw.random() < 0.5, seed=draw.randrange(2**31))
    return Neuron(activation=draw.choice(FUNCTIONS), count=draw.randint(1, 3), inputs=row(3, 3), weights=row(3, 3),
                  bias=draw.uniform(-6, 6), classes=draw.randint(3, 5), logits=row(5, 5),
                  temperature=draw.uniform(0.1, 5), line=line)


def test_neurons_come_back_from_their_links_and_dicts_as_they_were():
    for seed in range(100):
        spec = random_neuron(seed)
        assert from_link(to_link(spec), "neuron") == (spec, ())
        assert from_dict(json.loads(json.dumps(to_dict(spec, whole=True))), "neuron") == spec
        assert len(to_link(spec)) < MAX_LINK


def test_a_link_of_the_default_says_nothing_but_its_kind():
    assert to_link(Neuron()) == '{"kind":"neuron"}'


@pytest.mark.parametrize(("given", "path", "used"), [
    ({"bias": 99}, "bias", 6.0), ({"count": 7}, "count", 3), ({"activation": "maxout"}, "activation", "sigmoid"),
    ({"weights": [1, 2]}, "weights", (1.2, 0.8, -0.6)), ({"weights": [1, 99, -99]}, "weights", (1.0, 3.0, -3.0)),
    ({"inputs": [1, 1, 1, 1]}, "inputs", (1.0, 1.0, 1.0)), ({"inputs": "1,2,3"}, "inputs", (1.0, -0.5, 0.5)),
    ({"logits": [1, 1, 1, 1, True]}, "logits", (1.0, 1.0, 1.0, 1.0, 1.0)),
    ({"line": {"neurons": 400}}, "line.neurons", 16), ({"line": {"drawn": [0]}}, "line.drawn", (0.0,) * KNOTS),
])
def test_what_cannot_be_is_mended_and_told(given, path, used):
    spec, mends = from_link(json.dumps(given), "neuron")
    assert [mend.field for mend in mends] == [path]
    for name in path.split("."):
        spec = getattr(spec, name)
    assert spec == used
    with pytest.raises(SpecError) as caught:
        from_dict(given, "neuron")
    assert caught.value.field == path


def test_a_link_to_another_kind_of_page_is_told():
    spec, mends = from_link('{"kind":"experiment","training":{"epochs":3}}', "neuron")
    assert spec == Neuron() and {mend.field for mend in mends} == {"kind", "training"}


@pytest.mark.parametrize("garbage", ["", "{", "null", "[]", "7", "[" * 9000, '{"inputs":[[1],2,3]}',
                                     '{"inputs":[null,NaN,1e999]}', '{"line":7}', '{"line":{"drawn":{"0":1}}}'])
def test_garbage_gives_a_neuron_that_can_be_shown(garbage):
    spec, mends = from_link(garbage, "neuron")
    check_values(spec)
    assert mends


def test_a_row_that_is_too_long_or_holds_no_numbers_is_refused():
    for row in ((1.0,) * 4, (1.0, 2.0), (1.0, 2.0, "3"), (1.0, 2.0, 9.0), [1.0, 2.0, 3.0]):
        with pytest.raises(SpecError):
            check_values(Neuron(weights=row))
