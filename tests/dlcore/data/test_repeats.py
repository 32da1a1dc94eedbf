"""Letters that are said over and over: what is asked for can be known, and nothing else is asked for."""

import numpy as np

from dlcore.data.repeats import HELD, LOOKED, Repeats, draw_repeats
from dlcore.data.tokens import IGNORED
from dlcore.specs.texts import LETTERS, sequences_per_epoch
from dlcore.specs.transformer import REPEAT, check, steps_per_epoch


def test_every_letter_that_is_asked_for_stood_behind_the_same_letters_before():
    batch = draw_repeats(200, 64, np.random.default_rng(1))
    for inputs, targets in zip(batch.inputs, batch.targets):
        period = int((targets == IGNORED).sum())
        assert 16 <= period <= 32 and (targets[:period] == IGNORED).all() and (targets[period:] != IGNORED).all()
        assert (targets[period:] == inputs[1: len(inputs) - period + 1]).all()
        assert (inputs[period:] == inputs[: len(inputs) - period]).all()


def test_texts_differ_in_what_is_said_and_after_how_many_letters_it_is_said_again():
    batch = draw_repeats(400, 64, np.random.default_rng(2))
    assert len({tuple(row) for row in batch.inputs.tolist()}) == 400
    assert set((batch.targets == IGNORED).sum(1).tolist()) == set(range(16, 33))
    assert set(batch.inputs.flatten().tolist()) == set(range(len(LETTERS)))


def test_batches_depend_on_seed_and_step_alone_and_never_have_a_kept_text():
    check(REPEAT)
    texts, again = Repeats(REPEAT), Repeats(REPEAT)
    assert (texts.batch(5).inputs == again.batch(5).inputs).all()
    assert not (texts.batch(5).inputs == texts.batch(6).inputs).all()
    kept = {tuple(row) for row in texts.held[0].inputs.tolist()}
    assert len(kept) == HELD and not any(tuple(row) in kept for row in texts.batch(7).inputs.tolist())
    assert len(texts.looked()[0].inputs) == LOOKED
    assert texts.per_epoch == steps_per_epoch(REPEAT) == -(-sequences_per_epoch(REPEAT.data, 64) // 32)


def test_a_text_is_read_as_letters():
    texts = Repeats(REPEAT)
    assert texts.target.decode(texts.target.encode("aZba")) == "aZba"
    assert texts.tokens_per_epoch == round(texts.per_epoch * 32 * texts.held[0].asked / HELD)
