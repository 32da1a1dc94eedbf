"""Translations: their answers are right, what is kept back is never learned, and what is not known is named."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import spelling
from dlcore.data.tokens import IGNORED
from dlcore.data.translation import Translation, answer, draw, held_examples, is_held, sides_of
from dlcore.errors import SpecError
from dlcore.specs.texts import LONGEST, SIDES, TRANSLATIONS, TextData, longest, sides
from dlcore.specs.transformer import Transformer

VALUES = {**{word: value for value, word in enumerate(spelling.TURKISH)},
          **{word: 10 * value for value, word in enumerate(spelling.TURKISH_TENS, 1)}}


def read_turkish(text: str) -> int:
    """Return the number of Turkish words, worked out from the other side."""
    total = 0
    part = 0
    for word in text.split():
        if word in ("yüz", "bin"):
            size = {"yüz": 100, "bin": 1000}[word]
            total, part = total + max(1, part) * size, 0
        else:
            part += VALUES[word]
    return total + part


def test_every_number_can_be_read_back_from_its_turkish_words():
    assert [read_turkish(spelling.turkish(number)) for number in range(10_000)] == list(range(10_000))


@pytest.mark.parametrize(("number", "english", "turkish"), [
    (0, "zero", "sıfır"), (23, "twenty three", "yirmi üç"), (100, "one hundred", "yüz"), (1000, "one thousand", "bin"),
    (1998, "one thousand nine hundred and ninety eight", "bin dokuz yüz doksan sekiz"),
    (2005, "two thousand and five", "iki bin beş"), (9110, "nine thousand one hundred and ten", "dokuz bin yüz on"),
])
def test_numbers_are_written_as_people_write_them(number, english, turkish):
    assert (spelling.english(number, joined=True), spelling.turkish(number)) == (english, turkish)
    assert spelling.english(number) == english.replace(" and", "")
    assert answer(TextData(), english) == answer(TextData(), english.replace(" and", "")) == turkish


@pytest.mark.parametrize(("text", "told"), [
    ("12 March 1998", "1998-03-12"), ("March 12, 1998", "1998-03-12"), ("12.3.1998", "1998-03-12"),
    ("21st of june 2040", "2040-06-21"), ("29 şubat 2000", "2000-02-29"), ("29 february 1999", None),
    ("sunday, 1 january 1950", "1950-01-01"), ("03/04/2010", "2010-04-03"), ("tomorrow", None), ("1 2 3 4", None),
])
def test_dates_are_read_as_a_person_reads_them(text, told):
    assert answer(TextData(task="dates"), text) == told


def test_every_way_to_write_a_date_is_read_back_and_can_be_told_in_tokens():
    data = TextData(task="dates")
    source, target = sides_of(data)
    for offset in range(0, 73_000, 97):
        day = spelling.FIRST + datetime.timedelta(days=offset)
        for style in spelling.STYLES:
            assert spelling.read_date(style(day)) == day.isoformat()
            assert len(source.encode(style(day))) < LONGEST["dates"][0]
        assert len(target.encode(day.isoformat())) == LONGEST["dates"][1] - 1


@pytest.mark.parametrize("task", TRANSLATIONS)
def test_the_spec_knows_the_tokens_and_lengths_without_the_data(task):
    data = TextData(task=task)
    assert tuple(len(side.symbols) for side in sides_of(data)) == sides(data)
    pool = Translation(Transformer(data=data)).encode([*draw(data, 0, 0), *held_examples(data)])
    most = max(part.source.shape[1] for part in pool), max(part.inputs.shape[1] for part in pool)
    assert most == longest(data)
    assert task in SIDES


@pytest.mark.parametrize("task", TRANSLATIONS)
def test_what_is_kept_back_is_never_learned(task):
    data = TextData(task=task)
    learned = {told if task != "sort" else said for said, told in draw(data, 0, 0)}
    kept = {told if task != "sort" else said for said, told in held_examples(data)}
    assert not learned & kept
    assert len(held_examples(data)) >= 900
    if task == "numbers":
        assert len(learned) + len(kept) == 10_000


def test_all_answers_of_the_examples_are_right():
    for task in TRANSLATIONS:
        data = TextData(task=task)
        assert all(answer(data, said) == told for said, told in held_examples(data))


def test_a_batch_needs_no_padding_and_asks_for_the_answer_and_its_end():
    texts = Translation(Transformer())
    batch = texts.batch(5)
    for source, inputs, targets in zip(batch.source, batch.inputs, batch.targets):
        assert source[-1] == 1 and (source[:-1] > 1).all() and inputs[0] == 0
        asked = targets[targets != IGNORED]
        assert asked[-1] == 1 and (inputs[1: len(asked)] == asked[:-1]).all()
        assert texts.target.decode(asked) == answer(texts.data, texts.source.decode(source))


def test_batches_depend_on_seed_and_step_alone():
    spec = Transformer(data=TextData(task="reverse"))
    one, other = Translation(spec), Translation(spec)
    other.batch(900)  # another epoch in between
    assert (one.batch(7).inputs == other.batch(7).inputs).all()
    assert (one.batch(7).inputs.shape != one.batch(8).inputs.shape
            or (one.batch(7).inputs != one.batch(8).inputs).any())
    seeded = Translation(replace(spec, training=replace(spec.training, seed=1))).batch(7)
    assert seeded.inputs.shape != one.batch(7).inputs.shape or (seeded.inputs != one.batch(7).inputs).any()


def test_lengths_come_by_the_root_of_how_often_they_are():
    texts = Translation(Transformer())
    lengths = np.bincount([texts.batch(step).source.shape[1] for step in range(800)])
    roots = {part.source.shape[1]: len(part.inputs) ** 0.5 for part in texts.encode(list(draw(texts.data, 0, 0)))}
    for length in (2, 5, 7):
        assert lengths[length] / 800 == pytest.approx(roots[length] / sum(roots.values()), abs=0.04)
    assert lengths[2] > 0


def test_unknown_words_are_named():
    source, _ = sides_of(TextData())
    with pytest.raises(SpecError) as caught:
        source.encode("twenty purple three thousand mice", "text")
    assert caught.value.field == "text" and "“purple”, “mice”" in str(caught.value)
    with pytest.raises(SpecError, match="no text"):
        source.encode("   ")
    with pytest.raises(SpecError, match="7 symbols, more than 4"):
        source.encode("one one one one one one one", most=4)
    with pytest.raises(SpecError, match="does not know"):
        source.encode("<s> one")
    assert source.encode("Twenty-three") == source.encode("twenty three")


def test_a_number_is_kept_back_however_it_is_written():
    held = {number for number in range(10_000) if is_held(TextData(), number)}
    ways = {said for number in held for said in (spelling.english(number), spelling.english(number, joined=True))}
    assert not ways & {said for said, _ in draw(TextData(), 0, 0)}
