"""Texts, grammars, series and memory tasks: what is asked, what is kept back, and that a batch is the step's own."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import columns
from dlcore.data.grammar import BEGIN, RULES, grammar
from dlcore.data.memory_tasks import balanced, symbols_of
from dlcore.data.sequences import IGNORED, Sequences
from dlcore.data.text import LONGEST, load_names, load_plays, vocabulary
from dlcore.errors import DataError, SpecError
from dlcore.specs.recurrent import Recurrent, RecurrentTraining
from dlcore.specs.sequences import TASKS, SequenceData, check_data, fit_data


def make(task: str, **data) -> Sequences:
    return Sequences(Recurrent(SequenceData(task=task, **data), training=RecurrentTraining(batch_size=8)))


@pytest.mark.parametrize("task", TASKS)
def test_a_batch_depends_on_seed_and_step_alone(task):
    one, other = make(task), make(task)
    other.batch(3)
    assert np.array_equal(one.batch(7).inputs, other.batch(7).inputs)
    assert not np.array_equal(one.batch(7).inputs, one.batch(8).inputs)


def test_an_epoch_of_names_shows_every_name_once():
    sequences, (train, held) = make("names"), load_names()
    batches = [sequences.batch(step) for step in range(sequences.per_epoch)]
    symbols = vocabulary(SequenceData()).symbols
    shown = ["".join(symbols[number] for number in row if number != IGNORED)
             for batch in batches for row in batch.targets]
    assert sorted(shown) == sorted(f"{name}\n" for name in train)
    assert not set(train) & set(held) and len(held) == 516


def test_a_text_asks_at_every_step_for_the_next_symbol():
    for task in ("shakespeare", "grammar"):
        batch = make(task).batch(0)
        assert np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    names = make("names").batch(0)
    asked = names.targets[:, :-1]
    assert np.array_equal(names.inputs[:, 1:][asked > 0], asked[asked > 0])


def test_held_out_windows_are_the_end_of_the_plays():
    held, text = make("shakespeare", length=50).held, load_plays()[1]
    assert np.array_equal(held.inputs.ravel(), text[: held.inputs.size])
    assert np.array_equal(held.targets.ravel(), text[1: held.targets.size + 1])


@pytest.mark.parametrize("language", ["en", "tr"])
def test_drawn_sentences_come_as_often_as_the_grammar_says(language):
    rules = grammar(language)
    drawn = rules.sentences(4000, 12, np.random.default_rng(1))
    told = np.stack([rules.follow(row) for row in drawn])
    assert not np.isnan(told).any() and np.allclose(told.sum(-1), 1)
    for step in range(11):
        counted = np.bincount(drawn[:, step + 1], minlength=len(rules.words)) / len(drawn)
        assert np.abs(counted - told[:, step].mean(0)).max() < 0.03


def test_a_subject_decides_about_its_verb_and_its_place():
    rules = grammar("en")
    number = {word: index for index, word in enumerate(rules.words)}

    def after(text: str) -> np.ndarray:
        return rules.follow(np.array([number[word] for word in text.split()]))[-1]

    assert after("the cats that the dog chases")[number["sits"]] == 0
    assert after("the cats that the dog chases")[number["sit"]] == pytest.approx(1 / 3)
    assert after("the cat that the dogs chase sits on the")[number["mat"]] == pytest.approx(0.85)
    assert np.isnan(after("the cat sit"))[0] and not np.isnan(after("the cat sit . the")).any()


@pytest.mark.parametrize("language", ["en", "tr"])
def test_from_every_state_of_a_grammar_the_ways_add_up_to_one(language):
    assert np.allclose(grammar(language).probabilities.sum(1), 1)
    assert sum(share for _, share, _ in RULES[language](BEGIN)) == pytest.approx(1)


def test_a_text_is_read_symbol_by_symbol_and_what_is_strange_is_named():
    letters = vocabulary(SequenceData())
    assert letters.decode(letters.encode("anna")) == "anna"
    with pytest.raises(SpecError, match="“Ş”, “é”"):
        letters.encode("Şébnem")
    for text, words in (("", "no text"), ("a" * (LONGEST + 1), "401 symbols")):
        with pytest.raises(SpecError, match=words) as refused:
            letters.encode(text)
        assert refused.value.field == "text"
    words = vocabulary(SequenceData(task="grammar"))
    assert words.shown(words.encode("The cat sits.")) == ["the", "cat", "sits", "."]


def test_recall_asks_for_the_marked_letter_at_its_delay():
    sequences = make("recall", delay=7, length=20)
    batch, names = sequences.batch(0), symbols_of(sequences.data)
    for row, asked in zip(batch.inputs, batch.targets[:, -1]):
        marked = [step for step, number in enumerate(row) if names[number].isupper()]
        assert marked == [12] and names[row[12]] == "ABCD"[asked] and names[row[-1]] == "?"
    assert (batch.targets[:, :-1] == IGNORED).all()


def test_adding_asks_for_the_sum_of_the_two_marked_numbers():
    batch = make("adding", delay=30, length=40).batch(0)
    for row, asked in zip(batch.inputs, batch.targets[:, -1]):
        marks = np.flatnonzero(row[:, 1])
        assert marks[0] == 9 and len(marks) == 2 and asked == pytest.approx(row[marks, 0].sum())


@pytest.mark.parametrize("delay", [1, 2, 9, 24])
def test_the_bracket_that_is_asked_for_is_the_one_still_open(delay):
    sequences = make("brackets", delay=delay, length=40, symbols=3)
    batch, names = sequences.batch(0), symbols_of(sequences.data)
    closes = {")": "(", "]": "[", "}": "{"}
    for row, asked in zip(batch.inputs, batch.targets[:, -1]):
        stack: list[str] = []
        for name in (names[number] for number in row):
            if name in closes:
                assert stack.pop() == closes[name]
            elif name in closes.values():
                stack.append(name)
        assert stack == [names[asked]] and names[row[39 - delay]] == names[asked]


def test_balanced_brackets_use_every_depth():
    drawn = balanced(2, 200, 24, np.random.default_rng(0))
    depth = np.where(drawn < 2, 1, -1).cumsum(1)
    assert depth.min() == 0 and (depth[:, -1] == 0).all() and depth.max() == 6


def test_waves_have_deviation_one_and_noise_is_added():
    quiet = make("series", length=200).batch(0).inputs
    assert quiet.std() == pytest.approx(1, abs=0.15)
    noisy = make("series", length=200, noise=30).batch(0).inputs
    assert (noisy - quiet).std() == pytest.approx(0.3, rel=0.1)


# uploaded columns

def csv(values, header: str = "day;temperature") -> bytes:
    return "\n".join([header, *(f"{day};{str(value).replace('.', ',')}" for day, value in enumerate(values))]).encode()


def test_an_uploaded_column_is_read_kept_and_shared_out(tmp_path):
    values = 20 + 5 * np.sin(np.arange(600) / 7)
    table = columns.read_table(csv(values.round(3)))
    assert table.numeric() == ("day", "temperature")
    name = columns.keep_column(tmp_path, columns.read_column(table, "temperature"))
    data = SequenceData(task="series", wave="column", column=name, length=30, horizon=20)
    sequences = Sequences(replace(Recurrent(), data=data), tmp_path)
    assert sequences.column.mean == pytest.approx(values[:480].mean(), abs=0.01)
    held = sequences.held_series() * sequences.column.deviation + sequences.column.mean
    assert np.allclose(held[0], values[480:530], atol=0.01) and held.shape[1] == 50


@pytest.mark.parametrize(("content", "words"), [
    (csv([*range(60), "", *range(60)]), "Line 62 has no number"), (csv(range(10)), "only 10 numbers"),
    (csv([1.0] * 80), "equal"), (b"PK\x03\x04", "not a text file"), (b"a,b\nx,y\n", "no column of numbers"),
    (b"1" * (5 * 2**20), "more than the 4 MB"),
])
def test_a_column_that_cannot_be_used_is_told_with_its_line(content, words):
    with pytest.raises(DataError, match=words):
        columns.read_column(columns.read_table(content), "temperature")


def test_a_column_that_is_gone_or_changed_is_told(tmp_path):
    name = columns.keep_column(tmp_path, np.arange(100, dtype=np.float32))
    np.save(tmp_path / "columns" / f"{name}.npy", np.zeros(100, np.float32))
    for lost in (name, "0123456789abcdef-100", "../secret"):
        with pytest.raises(DataError, match="not kept here"):
            columns.load_column(tmp_path, lost)


def test_a_short_column_makes_windows_and_forecast_shorter_and_never_gives_way_to_a_wave():
    for count in (*range(50, 130, 7), 300, 480, 485, 490, 5000):
        for length, horizon in ((64, 32), (512, 200), (4, 200), (10, 5)):
            asked = SequenceData(task="series", wave="column", column=f"{'0' * 16}-{count}", length=length,
                                 horizon=horizon)
            fitted = fit_data(asked)
            check_data(fitted)
            assert fitted.wave == "column" and fitted.column == asked.column
            assert 4 <= fitted.length <= max(length, 4) and 1 <= fitted.horizon <= horizon
            room = int(count * 0.2) - length - horizon
            assert (fitted == asked) == (room > 0)  # what fits stays as it is
