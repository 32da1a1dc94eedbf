"""What visitors bring is kept whole or not at all: a full or read-only disk is told, and leaves nothing."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dlcore.data import bpe, images, keeping, shelf
from dlcore.data.collecting import leave_upload, take_upload
from dlcore.data.columns import keep_column, load_column, title_of
from dlcore.data.keeping import find_kept, keep
from dlcore.data.own_texts import keep_text
from dlcore.data.tables import keep_table, read_table
from dlcore.errors import DataError

TABLE = read_table(b"1,2,a\n2,3,b\n3,4,a\n4,5,b\n")
PICTURES = {"train_images": np.zeros((2, 48, 48, 3), np.uint8)}
KEEPERS = {
    "table": lambda home: keep_table(home, TABLE), "column": lambda home: keep_column(home, np.arange(60.0), "heat"),
    "text": lambda home: keep_text(home, "some text " * 300), "upload": lambda home: leave_upload(home, b"x" * 1000),
    "pictures": lambda home: shelf.put("own-2-10-2-0123456789abcdef", PICTURES, ("a", "b")),
}
FAULTS = {errno.ENOSPC: "disk is full", errno.EDQUOT: "disk is full", errno.EROFS: "may not write",
          errno.EACCES: "may not write", errno.EIO: "cannot be kept"}


@pytest.fixture
def home(tmp_path):
    before = images.folder_of("x").parent.parent
    images.keep_in(tmp_path / "home")
    yield tmp_path / "home"
    images.keep_in(before)


def failing(monkeypatch, number: int, where: str) -> None:
    """Let the disk fail: when a file is written, half of it being there, or when it is put into its place."""
    write, save = Path.write_bytes, np.save

    def fail(path, content=b"", *_more, **_how):
        if where == "write":
            write(path, content[: len(content) // 2])
        raise OSError(number, os.strerror(number))
    if where == "write":
        monkeypatch.setattr(Path, "write_bytes", fail)
        monkeypatch.setattr(np, "save", lambda path, values, **how: (
            fail(path, b"half of it") if isinstance(path, Path) else save(path, values, **how)))
    else:
        monkeypatch.setattr(Path, where, fail)
        monkeypatch.setattr(os, "rename", fail)


@pytest.mark.parametrize("name", KEEPERS)
@pytest.mark.parametrize("where", ["write", "replace", "mkdir"])
@pytest.mark.parametrize("number", FAULTS)
def test_a_full_or_read_only_disk_is_told_and_nothing_is_left(home, monkeypatch, name, where, number):
    home.mkdir()
    with monkeypatch.context() as patched:
        failing(patched, number, where)
        with pytest.raises(DataError, match=FAULTS[number]):
            KEEPERS[name](home)
    assert [path for path in home.rglob("*") if path.is_file()] == []
    KEEPERS[name](home)  # and once there is room again, it is kept
    assert [path for path in home.rglob("*") if path.is_file()]


def test_a_disk_that_is_really_full_is_told(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    with pytest.raises(OSError) as caught, full.open("wb", buffering=0) as file:
        file.write(b"x")
    assert str(keeping.unwritable(caught.value)) == keeping.FULL


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "home").write_text("a file where a folder would be")
    for name in ("table", "column", "text", "upload"):
        with pytest.raises(DataError, match="cannot be kept"):
            KEEPERS[name](tmp_path / "home")


def test_a_vocabulary_that_cannot_be_kept_leaves_nothing_and_is_learned_all_the_same(tmp_path, monkeypatch):
    text = "so much so much so so"
    with monkeypatch.context() as patched:
        failing(patched, errno.ENOSPC, "write")
        assert bpe.keep_merges(tmp_path / "merges" / "x.json", text, 3) == bpe.learn_merges(text, 3)
    assert not list((tmp_path / "merges").iterdir())


def test_an_upload_that_cannot_be_taken_away_is_read_all_the_same(tmp_path, monkeypatch):
    name = leave_upload(tmp_path, b"content")
    failing(monkeypatch, errno.EROFS, "unlink")
    assert take_upload(tmp_path, name) == b"content"


def test_the_oldest_give_way(tmp_path):
    for number in range(5):
        keep(tmp_path / f"{number}.txt", b"x", 3)
        os.utime(tmp_path / f"{number}.txt", (number, number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.txt", "3.txt", "4.txt"]


def test_a_column_is_found_with_its_title_under_a_home_or_among_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_HOME", str(tmp_path / "mine"))
    name = keep_column(tmp_path / "mine", np.arange(60, dtype=np.float32), "Sıcaklık")
    for home in (tmp_path / "mine", tmp_path / "other", None):
        assert title_of(home, name) == "Sıcaklık" and load_column(home, name)[-1] == 59
    assert find_kept(tmp_path / "other", "columns", "none.npy") is None and title_of(None, "../../etc/passwd") == ""
