"""Texts to go on with: byte pairs against counting everything anew, windows, and uploaded texts with what is wrong."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from dlcore.data.bpe import cut_word, cut_words, join, keep_merges, learn_merges
from dlcore.data.corpus import Corpus, check_length, open_corpus
from dlcore.data.own_texts import keep_text, load_text, read_text
from dlcore.errors import DataError, SpecError
from dlcore.specs.sequences import SHAKESPEARE
from dlcore.specs.texts import TextData, check_data
from dlcore.specs.transformer import Transformer, TransformerNetwork, check

SAMPLE = "she sells sea shells by the sea shore; the shells she sells are sea shells for sure. " * 3 + "şşş ğğğ\n\n  ok"
OWN = "Bir varmış bir yokmuş, evvel zaman içinde kalbur saman içinde.\n" * 60


def slow_merges(text: str, count: int) -> list[tuple[str, str]]:
    """Learn the pairs by counting all of them anew each time."""
    words = {word: list(word) for word in cut_words(text)}
    times, merges = Counter(cut_words(text)), []
    while len(merges) < count:
        counts: Counter = Counter()
        for word, tokens in words.items():
            for pair in pairwise(tokens):
                counts[pair] += times[word]
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        merges.append(best)
        words = {word: join(tokens, best) for word, tokens in words.items()}
    return merges


def test_pairs_are_joined_in_the_order_that_counting_everything_anew_gives():
    assert list(learn_merges(SAMPLE, 60)) == slow_merges(SAMPLE, 60)
    assert list(learn_merges("aaabdaaabac " * 2, 3)) == slow_merges("aaabdaaabac " * 2, 3)


def test_words_put_together_again_are_the_text():
    assert "".join(cut_words(SAMPLE)) == SAMPLE
    odd = "a_b  c\t\n12x!? “ı” 日本 "
    assert "".join(cut_words(odd)) == odd


def test_a_word_is_cut_as_it_was_learned():
    ranks = {("s", "h"): 0, ("l", "l"): 1, ("sh", "e"): 2}
    assert cut_word("shell", ranks) == ["she", "ll"]
    assert cut_word("hs", ranks) == ["h", "s"]


def test_byte_pairs_say_the_same_text_in_fewer_tokens():
    tokens, train, kept = open_corpus(TextData(task="bpe", vocabulary=256), None)
    characters, plain, plain_kept = open_corpus(TextData(task="plays"), None)
    assert len(tokens.symbols) == 256 and len(train) < 0.7 * len(plain)
    assert tokens.decode(kept[:200]) == characters.decode(plain_kept[: tokens.characters[kept[:200]].sum()])
    assert tokens.characters[train].sum() == len(plain) == SHAKESPEARE
    assert tokens.encode("the king") == [tokens.numbers[part] for part in tokens.cut("the king")]


def test_windows_ask_for_the_next_token_and_held_ones_cover_what_is_kept_back():
    corpus = Corpus(Transformer(data=TextData(task="plays"), network=TransformerNetwork(context=32)))
    batch, held = corpus.batch(3), corpus.held[0]
    assert (batch.inputs[:, 1:] == batch.targets[:, :-1]).all()
    assert (held.inputs.ravel()[1:] == held.targets.ravel()[:-1]).all()
    assert (held.inputs.ravel() == corpus.kept[: held.inputs.size]).all()
    assert len(corpus.kept) - held.inputs.size <= 32
    text = corpus.target.decode(batch.inputs[0])
    assert text in corpus.target.decode(corpus.train)


def test_an_uploaded_text_is_kept_and_learned(tmp_path):
    name = keep_text(tmp_path, read_text(OWN.encode()))
    data = TextData(task="own", text=name)
    assert load_text(tmp_path, name) == OWN
    assert (data.characters, data.symbols) == (len(OWN) - len(OWN) // 10, len(set(OWN)))
    check(Transformer(data=data))
    corpus = Corpus(Transformer(data=data), tmp_path)
    assert corpus.target.decode(np.concatenate([corpus.train, corpus.kept])) == OWN
    pairs = Corpus(Transformer(data=TextData(task="own", text=name, tokens="bpe", vocabulary=128)), tmp_path)
    assert pairs.target.decode(np.concatenate([pairs.train, pairs.kept])) == OWN
    assert len(pairs.target.symbols) == 128


@pytest.mark.parametrize(("content", "said"), [
    (b"x" * (50 * 2**20), "50.0 MB, more than the 8 MB"),
    ("çok güzel ".encode("iso-8859-9") * 500, "byte 1 is 0xE7"),
    (b"\x00\x01\x02" * 2000, "not a text file"),
    (b"short", "only 5 characters"),
    ("".join(map(chr, range(0x4E00, 0x5E00))).encode(), "4,096 different characters"),
])
def test_what_is_wrong_with_an_uploaded_text_is_said(content, said):
    with pytest.raises(DataError, match=said):
        read_text(content)


def test_line_ends_and_byte_order_marks_are_put_right():
    assert read_text(b"\xef\xbb\xbf" + b"line\r\n" * 500) == "line\n" * 500
    assert read_text(("line\n" * 500).encode("utf-16")) == "line\n" * 500


def test_a_text_that_is_gone_or_too_short_is_told(tmp_path):
    with pytest.raises(DataError, match="not kept here"):
        load_text(tmp_path, "0123456789abcdef-2000-30")
    with pytest.raises(DataError, match="not kept here"):
        load_text(tmp_path, "../secret")
    with pytest.raises(SpecError, match="No text has been uploaded"):
        check_data(TextData(task="own"))
    with pytest.raises(SpecError, match="too short for a context of 512"):
        check(Transformer(data=TextData(task="own", text="0123456789abcdef-5000-30"),
                          network=TransformerNetwork(context=512)))
    with pytest.raises(SpecError, match="200 different characters"):
        check_data(TextData(task="own", text="0123456789abcdef-5000-200", tokens="bpe", vocabulary=128))


def own_pairs(home, text: str, context: int, vocabulary: int = 512) -> Transformer:
    data = TextData(task="own", text=keep_text(home, read_text(text.encode())), tokens="bpe", vocabulary=vocabulary)
    return Transformer(data=data, network=TransformerNetwork(context=context))


@pytest.mark.parametrize("text", [OWN, "aaaa" * 750, "ab" * 1500, ("çok güzel " * 40 + "\n") * 30, "x " * 1500])
def test_real_tokens_are_counted_and_the_longest_context_that_is_named_can_be_learned(tmp_path, text):
    train, kept = open_corpus(own_pairs(tmp_path, text, 8).data, tmp_path)[1:]
    most = min(len(train), len(kept)) - 1
    for context in (8, most, most + 1, 512):
        spec = own_pairs(tmp_path, text, context)
        if context > most:
            with pytest.raises(SpecError, match="too short") as caught:
                check_length(spec, tmp_path)
            assert (f"at most {most}," in str(caught.value)) == (most >= 8)
        elif context >= 8:
            check_length(spec, tmp_path)
            corpus = Corpus(spec, tmp_path)
            assert corpus.batch(0).inputs.shape == (64, context) and len(corpus.held[0].inputs) >= 1


def test_a_vocabulary_that_is_larger_than_the_text_gives_knows_what_of_it_is_empty(tmp_path):
    tokens = open_corpus(own_pairs(tmp_path, OWN, 8).data, tmp_path)[0]
    assert len(tokens.symbols) == 512 and tokens.used + tokens.empty == 512
    assert not any("unused" in symbol for symbol in tokens.symbols[: tokens.used])
    assert all("unused" in symbol for symbol in tokens.symbols[tokens.used:]) and 30 < tokens.used < 120


def test_a_text_is_found_in_the_users_own_folder_too(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_HOME", str(tmp_path / "mine"))
    name = keep_text(tmp_path / "mine", OWN)
    assert load_text(tmp_path / "elsewhere", name) == load_text(None, name) == OWN


def test_a_vocabulary_is_learned_once_and_a_damaged_file_is_learned_again(tmp_path):
    file = tmp_path / "merges" / "some.json"
    learned = keep_merges(file, SAMPLE, 20)
    assert learned == learn_merges(SAMPLE, 20) == keep_merges(file, "another text", 20)
    file.write_text("[1, 2")
    assert keep_merges(file, SAMPLE, 20) == learned == keep_merges(file, "another text", 20)
