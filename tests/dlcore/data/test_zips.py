"""Zips of every system: names are the ones that were packed, system folders are passed over, levels are asked about."""

import io
import struct
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.data import zips
from dlcore.data.zips import Contents, choose_level, levels_of, look_into, name_folder, open_zip

UTF8 = 0x800


def packed(names: list[str | bytes], utf8: bool = True, extra: dict[bytes, bytes] | None = None) -> bytes:
    """Return a zip with members of these names; bytes stand there as they are, as an old program leaves them."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for place in range(len(names)):
            archive.writestr(f"{place:05}" + "_" * 200, b"x")
    content = written.getvalue()
    for place, name in enumerate(names):
        raw = name if isinstance(name, bytes) else name.encode()
        content = _rename(content, f"{place:05}".encode() + b"_" * 200, raw, utf8 and isinstance(name, str),
                          (extra or {}).get(raw, b""))
    return content


def _rename(content: bytes, before: bytes, name: bytes, utf8: bool, extra: bytes) -> bytes:
    """Give a member another name in the table of contents and where it lies, and put the table's place right."""
    for mark, flags, length, end in ((b"PK\x03\x04", 6, 26, 30), (b"PK\x01\x02", 8, 28, 46)):
        at = next(at for at in range(len(content)) if content[at: at + 4] == mark
                  and content[at + end: at + end + len(before)] == before)
        header = bytearray(content[at: at + end])
        struct.pack_into("<H", header, flags, UTF8 if utf8 else 0)
        struct.pack_into("<HH", header, length, len(name), len(extra))
        content = content[:at] + bytes(header) + name + extra + content[at + end + len(before):]
    return _mend(content)


def _mend(content: bytes) -> bytes:
    """Put right where each member begins, and where the table of contents is."""
    starts = [at for at in range(len(content)) if content[at: at + 4] == b"PK\x03\x04"]
    tables = [at for at in range(len(content)) if content[at: at + 4] == b"PK\x01\x02"]
    fixed = bytearray(content)
    for start, table in zip(starts, tables, strict=True):
        struct.pack_into("<L", fixed, table + 42, start)
    end = content.rindex(b"PK\x05\x06")
    struct.pack_into("<LL", fixed, end + 12, end - tables[0], tables[0])
    return bytes(fixed)


def contents(names: list[str | bytes], **how) -> Contents:
    with open_zip(packed(names, **how)) as opened:
        return look_into(opened)


def classes(names: list[str | bytes], **how) -> tuple[str, ...]:
    return levels_of(contents(names, **how))[0][1]


TURKISH = ("ağaç", "kuş", "çiçek", "İĞNE", "şişe", "ıspanak", "köpek", "üzüm")


@pytest.mark.parametrize("page", ["cp1254", "cp857", "utf-8"])
@pytest.mark.parametrize("names", [TURKISH[:2], TURKISH[2:4], TURKISH[4:6], TURKISH[6:], TURKISH])
def test_names_of_turkish_systems_are_read_whatever_they_were_written_in(page, names):
    files = [f"{name}/{number}.png".encode(page) for name in names for number in range(3)]
    assert classes(files) == names


def test_decomposed_names_of_macos_are_the_composed_ones_and_one_class_with_them():
    apart = unicodedata.normalize("NFD", "ağaç")
    assert classes([f"{apart}/0.png".encode(), "ağaç/1.png", "kuş/0.png", f"__MACOSX/{apart}/._0.png"]) == (
        "ağaç", "kuş")


def test_a_name_that_is_given_once_more_in_utf_8_is_that_one():
    old = "kuþ/0.png".encode("cp1252")
    field = b"\x01" + struct.pack("<L", zlib.crc32(old)) + "kuş/0.png".encode()
    extra = struct.pack("<HH", zips.UNICODE_PATH, len(field)) + field
    assert classes([old, b"kedi/0.png"], extra={old: extra}) == ("kuş", "kedi")
    foreign = extra.replace(struct.pack("<L", zlib.crc32(old)), b"\0\0\0\0")  # of another name: it was renamed since
    assert classes([old, b"kedi/0.png"], extra={old: foreign}) == ("kuş", "kedi")


PRINTABLE = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="/\\\0"),
                    min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and not name.startswith((".", "~$")) and name[1:2] != ":")


@settings(max_examples=60, deadline=None)
@given(st.lists(PRINTABLE, min_size=2, max_size=5, unique_by=lambda name: unicodedata.normalize("NFC", name)),
       st.sampled_from("/\\"), st.booleans())
def test_every_printable_name_is_a_class_whatever_separates_and_surrounds_it(names, separator, around):
    names = [name for name in names if name.casefold() not in zips.LEFTOVERS | zips.SPLITS]
    files = [f"{'my pictures' + separator if around else ''}{name}{separator}{number}.png"
             for name in names for number in range(2)]
    if len(names) > 1:
        assert classes(files) == tuple(unicodedata.normalize("NFC", name) for name in names)


@pytest.mark.parametrize("folder", [
    "__MACOSX", ".ipynb_checkpoints", "@eaDir", ".Trashes", "$RECYCLE.BIN", "System Volume Information", "#recycle",
    "@Recycle", ".thumbnails", ".git", "lost+found", "LOST.DIR", ".dtrash"])
@pytest.mark.parametrize("place", ["{folder}/{file}", "kedi/{folder}/{file}", "{folder}/kedi/{file}"])
def test_folders_of_systems_are_passed_over_and_counted(folder, place):
    found = contents(["kedi/0.png", "kopek/0.png", place.format(folder=folder, file="0.png")])
    assert levels_of(found) == ((0, ("kedi", "kopek")),) and found.hidden == 1 and not found.refused


@pytest.mark.parametrize("file", ["Thumbs.db", "desktop.ini", ".DS_Store", "._0.png", "ehthumbs.db", "Icon\r"])
def test_files_of_systems_are_passed_over_without_a_word(file):
    found = contents(["kedi/0.png", "kopek/0.png", f"kedi/{file}"])
    assert len(found.pictures) == 2 and not found.refused and not found.hidden


@pytest.mark.parametrize("ending", ["png", "PNG", "jpg", "JPEG", "jfif", "jpe", "gif", "bmp", "webp", "tif", "tiff"])
def test_pictures_are_known_by_every_ending(ending):
    assert len(contents([f"kedi/0.{ending}", "kopek/0"]).pictures) == 2


@pytest.mark.parametrize(("file", "reason"), [
    ("IMG_1.HEIC", zips.HEIC), ("a.heif", zips.HEIC), ("a.txt", zips.NO_PICTURE), ("clip.mp4", zips.NO_PICTURE),
    ("raw.CR2", zips.NO_PICTURE)])
def test_whatever_is_no_picture_is_named_with_the_reason(file, reason):
    found = contents(["kedi/0.png", "kopek/0.png", f"kedi/{file}"])
    assert found.refused == ((f"kedi/{file}", reason, {}),)


@pytest.mark.parametrize(("names", "levels"), [
    (["a/x/0.png", "a/y/0.png", "b/x/0.png"], ((0, ("a", "b")), (1, ("x", "y")))),
    (["all/a/0.png", "all/b/0.png"], ((1, ("a", "b")),)),
    (["train/a/0.png", "train/b/0.png", "test/a/0.png"], ((1, ("a", "b")),)),
    (["set/eğitim/a/0.png", "set/test/b/0.png"], ((2, ("a", "b")),)),
    (["train/0.png", "test/0.png"], ((0, ("train", "test")),)),
    (["a/0.png", "a/x/1.png", "b/0.png"], ((0, ("a", "b")),)),
    (["a/x/0.png", "b/x/0.png"], ((0, ("a", "b")),)), (["one/0.png", "one/1.png"], ((0, ("one",)),)),
    (["1/a/x/0.png", "2/b/y/0.png"], ((0, ("1", "2")), (1, ("a", "b")), (2, ("x", "y"))))])
def test_the_levels_of_folders_that_could_be_the_classes(names, levels):
    assert levels_of(contents(names)) == levels


def test_pictures_beside_the_folders_of_the_classes_are_named():
    found = contents(["all/cover.png", "all/a/0.png", "all/b/0.png", "loose.png"])
    taken, refused = choose_level(found, None)
    assert [(folder, path) for folder, path, _member in taken] == [("a", "all/a/0.png"), ("b", "all/b/0.png")]
    assert sorted((path, reason) for path, reason, _values in refused) == [
        ("all/cover.png", zips.BESIDE), ("loose.png", zips.BESIDE)]


def test_the_level_that_is_asked_for_is_taken_and_one_that_is_none_is_not():
    found = contents(["a/x/0.png", "a/y/0.png", "b/x/0.png"])
    for level, folders in ((1, ["x", "y", "x"]), (0, ["a", "a", "b"]), (7, ["a", "a", "b"]), ("x", ["a", "a", "b"])):
        assert [folder for folder, _path, _member in choose_level(found, level)[0]] == folders


@pytest.mark.parametrize("text", ["../x", "..\\x", ".hidden", "a/b", "__MACOSX", "Thumbs.db", "+", "×", "", " . ",
                                  "~$x"])
def test_what_somebody_calls_a_class_is_a_folder_that_is_seen(text):
    found = contents([f"{name_folder(text)}/0.png", "other/0.png"])
    assert len(found.pictures) == 2 and (text not in "+×" or not text or name_folder(text) == text)
