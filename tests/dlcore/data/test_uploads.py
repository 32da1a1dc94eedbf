"""What a visitor may upload in a day, of each kind."""

import json
import time

import numpy as np
import pytest

from dlcore.data import uploads
from dlcore.data.columns import keep_column
from dlcore.data.own_texts import keep_text
from dlcore.data.tables import keep_table, read_table
from dlcore.data.uploads import LEDGER, admit, read_ledger
from dlcore.errors import DataError


def text(number: int) -> str:
    return f"{number} " * 1000


def column(number: int) -> np.ndarray:
    return np.arange(200, dtype=np.float32) * number


def table(number: int):
    return read_table("".join(f"{x};{x * number % 11};{'ab'[x % 2]}\n" for x in range(1, 40)).encode())


KEEPS = {"texts": (keep_text, text), "columns": (keep_column, column), "tables": (keep_table, table)}


@pytest.mark.parametrize("kind", KEEPS)
def test_a_visitor_may_upload_so_many_of_a_kind_and_another_and_the_same_again_may_too(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("DERIN_LIMITS", f"{kind}=3")
    keep, make = KEEPS[kind]
    kept = [keep(tmp_path, make(number), visitor="me") for number in range(1, 4)]
    with pytest.raises(DataError, match="3 files of this kind"):
        keep(tmp_path, make(4), visitor="me")
    assert keep(tmp_path, make(2), visitor="me") == kept[1]  # it is there
    keep(tmp_path, make(4), visitor="you")
    keep(tmp_path, make(5))                          # a script's, which is nobody's
    assert len({path.stem for path in (tmp_path / kind).iterdir() if not path.name.startswith(".")}) == 5


def test_a_visitor_may_upload_so_many_mib_of_a_kind(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_LIMITS", "text_mib=1")
    keep_text(tmp_path, "a" * 2**19 + "b", "me")
    with pytest.raises(DataError, match="0 MiB in all|1 MiB in all"):
        keep_text(tmp_path, "c" * 2**19 + "d", "me")
    keep_text(tmp_path, "e" * 2**18 + "f", "me")


def test_without_a_limit_all_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_LIMITS", "texts=0,text_mib=0")
    assert len({keep_text(tmp_path, text(number), "me") for number in range(1, 60)}) == 59


def test_a_day_later_it_counts_no_more_and_what_cannot_be_read_never(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_LIMITS", "texts=1")
    lines = [json.dumps({"by": "me", "at": time.time() - uploads.DAY - 1, "bytes": 5}), "{", "[]", "5", '{"by": "me"}',
             '{"by": "me", "at": "x", "bytes": 1}', "[" * 5000, "\x00"]
    (tmp_path / LEDGER).write_text("\n".join(lines) + "\n")
    assert read_ledger(tmp_path) == []
    admit(tmp_path, "texts", "me", 5)
    with pytest.raises(DataError):
        admit(tmp_path, "texts", "me", 5)


def test_the_ledger_stays_short(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "LONGEST", 1000)
    old = json.dumps({"by": "me", "at": 0, "bytes": 5}) + "\n"
    (tmp_path / LEDGER).write_text(old * 100)
    admit(tmp_path, "texts", "me", 7)
    assert [entry["bytes"] for entry in map(json.loads, (tmp_path / LEDGER).read_text().splitlines())] == [7]
