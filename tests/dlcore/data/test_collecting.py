"""A visitor's own pictures: what becomes a data set, and what is refused with a sentence."""

import hashlib
import io
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlcore.data import collecting, images, zips
from dlcore.data.collecting import Collect, OpenPicture, leave_upload
from dlcore.data.glance import Glance
from dlcore.errors import DataError
from dlcore.specs.datasets import describe


@pytest.fixture
def home(tmp_path):
    """A home for uploads and data sets, forgotten afterwards."""
    before = images.folder_of("x").parent.parent
    images.keep_in(tmp_path)
    yield tmp_path
    images.keep_in(before)


def paint(number: int, side: int = 60) -> Image.Image:
    """Return a picture that there is only once."""
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (side, side, 3)).astype(np.uint8))


def saved(picture: Image.Image, form: str = "PNG", **how) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **how)
    return written.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


GOOD = {f"{name}/{number}.png": saved(paint(10 * label + number))
        for label, name in enumerate(("cup", "pen", "key")) for number in range(5)}


def collect(home, content: bytes) -> dict:
    """Collect a zip to the end, as a worker does."""
    job = Collect({"path": leave_upload(home, content)}, home)
    while not job.finished:
        job.advance(0.01)
        assert 0 <= job.progress <= 1
    return job.result


def refusal(home, content: bytes) -> str:
    with pytest.raises(DataError) as caught:
        collect(home, content)
    assert not list(home.glob("datasets/own-*"))
    return str(caught.value)


def test_one_folder_a_class_becomes_a_data_set_with_one_in_five_held_out(home):
    told = collect(home, zipped(GOOD))
    loaded, known = images.load(told["dataset"]), describe(told["dataset"])
    assert loaded.classes == ("cup", "key", "pen") and told["counts"] == {"cup": 5, "key": 5, "pen": 5}
    assert np.bincount(loaded.train_labels).tolist() == [4, 4, 4]
    assert np.bincount(loaded.test_labels).tolist() == [1, 1, 1]
    assert (known.train, known.test, len(known.classes)) == (12, 3, 3)
    assert told["refused"] == [] and told["twice"] == 0 and not list((home / "uploads").iterdir())


def test_every_picture_is_in_one_half_only_and_as_pillow_scales_it(home):
    loaded = images.load(collect(home, zipped(GOOD))["dataset"])
    ours = {one.tobytes() for one in (*loaded.train_images, *loaded.test_images)}
    theirs = {np.array(Image.open(io.BytesIO(content)).resize((48, 48), Image.Resampling.BOX)).tobytes()
              for content in GOOD.values()}
    assert ours == theirs and len(ours) == len(GOOD)


def sums(pictures: np.ndarray) -> list[str]:
    return [hashlib.sha256(one.tobytes()).hexdigest() for one in pictures]


def test_the_held_out_ones_are_those_with_the_first_sums(home):
    loaded = images.load(collect(home, zipped(GOOD))["dataset"])
    for label in range(3):
        learned = sums(loaded.train_images[loaded.train_labels == label])
        assert max(sums(loaded.test_images[loaded.test_labels == label])) < min(learned)


def test_the_same_pictures_have_the_same_name_in_whatever_order_they_come(home):
    names = {collect(home, zipped(dict(files)))["dataset"] for files in (GOOD.items(), reversed(GOOD.items()))}
    assert len(names) == 1
    other = GOOD | {"cup/0.png": saved(paint(99))}
    assert collect(home, zipped(other))["dataset"] not in names


def test_a_folder_around_the_classes_and_what_systems_leave_behind_change_nothing(home):
    around = {f"my pictures/{name}": content for name, content in GOOD.items()}
    around |= {"__MACOSX/cup/._0.png": b"x", "my pictures/cup/.DS_Store": b"x", "my pictures/cup/Thumbs.db": b"x",
               "my pictures/notes.txt": b"x", "my pictures/cup/": b""}
    assert collect(home, zipped(around))["dataset"] == collect(home, zipped(GOOD))["dataset"]


def test_a_picture_that_is_there_twice_is_taken_once(home):
    told = collect(home, zipped(GOOD | {"cup/again.png": GOOD["cup/0.png"], "pen/again.png": GOOD["cup/0.png"]}))
    assert told["twice"] == 2 and told["counts"] == {"cup": 5, "key": 5, "pen": 5}


def test_a_broken_picture_is_told_and_the_others_are_taken(home):
    told = collect(home, zipped(GOOD | {"cup/broken.png": GOOD["cup/0.png"][:200], "pen/text.jpg": b"hello"}))
    assert [name for name, _template, _values in told["refused"]] == ["cup/broken.png", "pen/text.jpg"]
    assert told["counts"] == {"cup": 5, "key": 5, "pen": 5}


def turned(picture: Image.Image) -> bytes:
    """Return a picture that lies on its side, with the note that it is to be turned upright."""
    note = Image.Exif()
    note[0x0112] = 6
    return saved(picture.transpose(Image.Transpose.ROTATE_90), "PNG", exif=note)


def test_pictures_of_every_kind_are_handled_rightly(home):
    plain = paint(500)
    grey, colours = plain.convert("L"), plain.quantize(16)
    clear = plain.copy()
    clear.putalpha(Image.new("L", plain.size, 0))
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    white = Image.new("RGB", plain.size, "white")
    expected = {"turned": plain, "grey": grey.convert("RGB"), "palette": colours.convert("RGB"), "clear": white,
                "deep": grey.convert("RGB"), "moving": plain}
    kinds = {"turned": turned(plain), "grey": saved(grey), "palette": saved(colours), "clear": saved(clear),
             "deep": saved(deep), "moving": saved(plain, "PNG", save_all=True, append_images=[white])}
    for name, content in kinds.items():
        job = OpenPicture({"path": leave_upload(home, content), "side": 60}, home)
        job.advance(0.01)
        off = np.abs(job.result["picture"].astype(int) - np.asarray(expected[name]).astype(int)).max()
        assert off <= 1, name
    job = OpenPicture({"path": leave_upload(home, saved(plain.convert("CMYK"), "TIFF")), "side": 60}, home)
    job.advance(0.01)
    assert np.array_equal(job.result["picture"], plain.convert("CMYK").convert("RGB"))


def linking(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for good, content in GOOD.items():
            archive.writestr(good, content)
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return packed.getvalue()


def locked() -> bytes:
    """Return a zip whose first member says that it is encrypted."""
    content = bytearray(zipped(GOOD))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    return bytes(content)


def understated() -> bytes:
    """Return a zip that says a member is far smaller than it is."""
    content = zipped(GOOD | {"cup/big.bmp": bytes(5_000_000)})
    return content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 50_000))


REFUSED = {
    "no zip": (b"PK\x03\x04 nothing", "no zip file that can be read"),
    "cut short": (zipped(GOOD)[:-200], "no zip file that can be read"),
    "empty": (zipped({}), "no pictures in the zip"),
    "without pictures": (zipped({"a/b.txt": b"x"}), "no pictures in the zip"),
    "one class": (zipped({name: one for name, one in GOOD.items() if "cup" in name}), "1 classes"),
    "without folders": (zipped({"a.png": GOOD["cup/0.png"]}), "lies in no folder"),
    "too few of a class": (zipped(GOOD | {"one/0.png": saved(paint(77))}), "one has fewer"),
    "too many classes": (zipped({f"{n}/0.png": b"x" for n in range(21)}), "21 classes"),
    "a way up": (zipped(GOOD | {"../../evil/0.png": b"x"}), "leads outside"),
    "an absolute path": (zipped(GOOD | {"/etc/0.png": b"x"}), "leads outside"),
    "a drive": (zipped(GOOD | {"C:/windows/0.png": b"x"}), "leads outside"),
    "a way up by backslashes": (zipped(GOOD | {"..\\evil\\0.png": b"x"}), "leads outside"),
    "a link": (linking("cup/link.png"), "is a link to another place"),
    "an archive within": (zipped(GOOD | {"cup/more.zip": zipped(GOOD)}), "is an archive itself"),
    "a bomb": (zipped(GOOD | {"cup/bomb.bmp": bytes(30_000_000)}), "zip bomb"),
    "a password": (locked(), "locked with a password"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_zip_that_cannot_be_taken_is_refused_with_a_sentence(home, content, sentence):
    assert sentence in refusal(home, content)


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_promised(home):
    told = collect(home, understated())
    assert [name for name, _template, _values in told["refused"]] == ["cup/big.bmp"]


@pytest.mark.parametrize(("limit", "value", "sentence"), [
    ("MOST_ZIP", 1_000, "The zip has"), ("MOST_ENTRIES", 10, "holds 15 files"), ("MOST_UNPACKED", 9_000, "unpacks to")])
def test_the_limits_of_a_zip_are_kept(home, monkeypatch, limit, value, sentence):
    monkeypatch.setattr(zips, limit, value)
    assert sentence in refusal(home, zipped(GOOD))


def test_too_many_pictures_are_refused(home, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_PICTURES", 14)
    assert "15 pictures, more than the 14 allowed" in refusal(home, zipped(GOOD))


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(home):
    wide = saved(Image.new("1", (8_000, 8_000)))
    with pytest.raises(DataError, match="million pixels"):
        OpenPicture({"path": leave_upload(home, wide), "side": 48}, home).advance(0.01)


ROCKET = "\U0001F469\u200d\U0001F680"  # one sign of two that are joined


def test_names_of_classes_are_plain_short_and_different():
    names = collecting.name_classes(["+", "×", "a" * 60, "a" * 61, "\u202ecup\n", "çay bardağı", ROCKET, "\x07"])
    assert (names["+"], names["×"], names[ROCKET]) == ("+", "×", ROCKET)  # signs that can be printed are names
    assert names["\u202ecup\n"] == "cup" and names["çay bardağı"] == "çay bardağı"
    assert len(set(names.values())) == 8 and all(0 < len(name) <= 24 for name in names.values())


def test_pictures_by_class_are_packed_as_a_zip_of_folders(home):
    by_class = {name: [content for path, content in GOOD.items() if path.startswith(name)]
                for name in ("cup", "pen", "key")}
    assert collect(home, zips.pack(by_class))["dataset"] == collect(home, zipped(GOOD))["dataset"]


@pytest.mark.parametrize("path", ["../secret", "nothing", "/etc/passwd", ""])
def test_an_upload_that_is_not_there_is_told(home, path):
    Path(home / "secret").write_bytes(zipped(GOOD))
    with pytest.raises(DataError, match="Choose the file once more"):
        Collect({"path": path}, home)
    assert (home / "secret").exists()


def test_the_oldest_sets_make_room(home, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_SETS", 1)
    first = collect(home, zipped(GOOD))["dataset"]
    second = collect(home, zipped(GOOD | {"cup/0.png": saved(paint(99))}))["dataset"]
    assert images.is_there(second) and not images.is_there(first)


def test_a_look_at_waiting_pictures_gives_their_middles_and_says_which_cannot_be_read(home):
    wide = np.zeros((60, 100, 3), np.uint8)
    wide[:, 20:80] = (10, 200, 30)
    contents = [saved(Image.fromarray(wide)), b"nothing", saved(paint(3, 48))]
    job = Glance({"path": leave_upload(home, zips.pack({"cup": contents}))}, home)
    while not job.finished:
        job.advance(0.01)
    first, second, third = job.result["pictures"]
    assert second is None and first.shape == (48, 48, 3) and (first == (10, 200, 30)).all()
    assert np.array_equal(third, np.array(paint(3, 48)))
    [(number, template, _values)] = job.result["refused"]
    assert number == 1 and "no picture that can be read" in template
