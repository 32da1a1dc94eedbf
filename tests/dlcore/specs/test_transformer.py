"""What a transformer spec allows, in links and as errors at the field."""

from dataclasses import replace

import pytest

from dlcore.errors import SpecError
from dlcore.specs import codec, learning
from dlcore.specs.changes import Change
from dlcore.specs.texts import TASKS, TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining, check, fit, reach
from dlcore.specs.transformer_table import count_multiply_adds, count_parameters, describe, layer_table

DEFAULT = Transformer()


def network(**settings) -> Transformer:
    return replace(DEFAULT, network=TransformerNetwork(**settings))


@pytest.mark.parametrize(("settings", "said"), [
    ({"width": 50, "heads": 4}, "A width of 50 cannot be split over 4 heads. Use 48 or 52."),
    ({"width": 511, "heads": 16}, "Use 496 or 512."),
    ({"width": 12, "heads": 4, "positions": "rotary"}, "an even share of the width, not 12 / 4. Use 8 or 16."),
    ({"width": 8, "heads": 16}, "A width of 8 cannot be split over 16 heads. Use 16."),
])
def test_a_width_that_the_heads_cannot_share_is_said_at_the_width(settings, said):
    with pytest.raises(SpecError) as caught:
        check(network(**settings))
    assert caught.value.field == "network.width" and said in str(caught.value)
    check(fit(network(**settings)))


def test_a_batch_that_does_not_fit_is_said_with_one_that_does():
    spec = replace(network(layers=8, width=512, context=512), data=TextData(task="plays"),
                   training=TransformerTraining(batch_size=512))
    with pytest.raises(SpecError, match="Use at most") as caught:
        check(spec)
    check(replace(spec, training=replace(spec.training, batch_size=caught.value.values["most"])))
    check(fit(spec))


@pytest.mark.parametrize("task", [task for task in TASKS if task != "own"])
def test_links_and_files_bring_a_spec_back(task):
    spec = replace(DEFAULT, data=TextData(task=task, vocabulary=700), changes=(Change(4, "network.dropout", 0.5),))
    assert codec.from_dict(codec.to_dict(spec, whole=True)) == spec
    assert codec.from_link(codec.to_link(spec), "transformer") == (spec, ())


def test_a_link_that_cannot_be_is_mended_to_the_nearest_that_can():
    spec, mends = codec.from_link('{"kind":"transformer","network":{"width":50},"data":{"task":"own"}}', "transformer")
    check(spec)
    assert spec.network.width == 48 and spec.data.task == "plays" and mends


def test_what_can_be_changed_while_it_learns_does_not_make_another_run():
    changed = learning.apply_change(DEFAULT, Change(0, "training.learning_rate", 0.1))
    assert learning.same_run(changed, DEFAULT)
    assert not learning.same_run(network(heads=2), DEFAULT)
    with pytest.raises(SpecError, match="cannot be changed"):
        learning.check_change(DEFAULT, Change(0, "network.width", 32))


def test_the_table_of_a_small_network_adds_up_by_hand():
    """One layer, width 8, feed-forward 16: attention 4·9·8 = 288, feed-forward 9·16 + 17·8 = 280, norms 16 each."""
    spec = replace(network(layers=1, heads=2, width=8, feed_forward=2, context=10), data=TextData(task="plays"))
    rows = {row.name: row for row in layer_table(spec)}
    assert rows["decoder.layers.0.attention"].parameters == 288
    assert rows["decoder.layers.0.feed_forward"].parameters == 280
    assert count_parameters(spec) == 80 * 8 + 288 + 280 + 3 * 16 + 80
    assert rows["decoder.layers.0.attention"].multiply_adds == 4 * 10 * 64 + 2 * 100 * 8
    assert count_multiply_adds(spec) == 4 * 10 * 64 + 2 * 100 * 8 + 2 * 10 * 8 * 16 + 10 * 8 * 80
    assert describe(spec)["layers"][0]["name"] == "decoder.embedding"


def test_a_translator_reaches_as_far_as_its_task_and_a_language_model_as_its_context():
    assert reach(DEFAULT) == (8, 7)
    assert reach(replace(DEFAULT, data=TextData(task="reverse", length=5))) == (6, 6)
    assert reach(replace(network(context=40), data=TextData(task="bpe"))) == (0, 40)
