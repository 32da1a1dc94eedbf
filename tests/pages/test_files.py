"""Files that people really have, put through the pages: what is read is right, or one is asked, or told."""

import errno
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlcore.data import images
from dlcore.data.columns import load_column
from dlcore.data.tables import load_table
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.plane import PlaneData
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from pages.ui.foreign import plain
from tests.conftest import wait_until

FILES = Path(__file__).parents[1] / "files"
SERIES = replace(Recurrent(), data=SequenceData(task="series", wave="mixture", length=64, horizon=32))


def said(app) -> str:
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.text)
    return "\n".join(element.value for kind in kinds for element in kind)


# a column of numbers

@pytest.fixture
def series(app_test, awake):
    """Return a function that puts a file where the recurrent page takes a column."""
    def put(content: bytes | Path, **address):
        app = app_test("recurrent.py", recurrent=to_link(SERIES), **address)
        app.button_group(key="recurrent.wave").set_value("column").run()
        content = content.read_bytes() if isinstance(content, Path) else content
        app.file_uploader(key="recurrent.column_file").set_value(("mine.csv", content, "text/csv")).run()
        assert not app.exception
        return app
    return put


def in_use(app, engine) -> tuple[SequenceData, np.ndarray]:
    data = from_link(app.query_params["recurrent"], "recurrent")[0].data
    assert data.wave == "column"
    return data, load_column(engine.home, data.column)


@pytest.mark.parametrize(("name", "first", "column"), [
    ("01_single_decimal_comma_no_header", [20, 20.9, 21.6], "1"),
    ("16_single_decimal_comma_600", [20.8, 19.6, 21.5], "1"), ("03_date_value_tr", [20, 20.9, 21.6], "Sıcaklık")])
def test_a_column_that_leaves_nothing_open_is_taken_and_named(series, awake, name, first, column):
    app = series(FILES / "columns" / f"{name}.csv")
    data, values = in_use(app, awake)
    assert values[:3].tolist() == pytest.approx(first) and f"In use: the column “{column}”" in said(app)
    assert not app.warning and not app.button(key="recurrent.train").disabled
    if len(values) == 80:
        assert (data.length, data.horizon) == (10, 5)
        assert "They have room for windows of 10 numbers and a forecast of 5" in said(app)
    else:
        assert (data.length, data.horizon) == (64, 32)


@pytest.mark.parametrize(("name", "first"), [("04_thousands_tr", [1300.01, 1318.38]),
                                             ("05_thousands_tr_int", [1100, 1118]),
                                             ("18_thousands_tr_600", [1146, 1137])])
def test_of_several_columns_one_is_chosen_and_seen_before_it_is_used(series, awake, name, first):
    app = series(FILES / "columns" / f"{name}.csv")
    assert app.query_params["recurrent"] == to_link(replace(SERIES, data=replace(SERIES.data, wave="column")))
    chosen = app.selectbox(key="recurrent.csv_column").value
    assert chosen.lower() == "satış" and f"“{chosen}” is read as {first[0]:g} · {first[1]:g} · " in said(app)
    if name[:2] != "04":  # all of them have three digits behind a point
        assert [float(text) for text in app.radio(key="recurrent.csv_decimal").options] == [first[0], first[0] / 1000]
    app.button(key="recurrent.use_column").click().run()
    assert in_use(app, awake)[1][:2].tolist() == pytest.approx(first) and f"In use: the column “{chosen}”" in said(app)
    assert "recurrent.use_column" not in [button.key for button in app.button]


def test_the_other_reading_can_be_chosen_and_another_column_too(series, awake):
    app = series(FILES / "columns" / "05_thousands_tr_int.csv")
    app.radio(key="recurrent.csv_decimal").set_value(".").run()
    assert "“Satış” is read as 1.1 · 1.118 · 1.131 …" in said(app)
    app.button(key="recurrent.use_column").click().run()
    assert in_use(app, awake)[1][:2].tolist() == pytest.approx([1.1, 1.118])
    app.selectbox(key="recurrent.csv_column").set_value("Ay").run()
    assert in_use(app, awake)[1][0] == pytest.approx(1.1) and "In use: the column “Satış”" in said(app)
    app.button(key="recurrent.use_column").click().run()
    assert in_use(app, awake)[1][:3].tolist() == [1, 2, 3] and "In use: the column “Ay”" in said(app)


def test_letters_of_an_old_code_page_are_shown_and_can_be_read_in_another_way(series):
    app = series(FILES / "columns" / "18_thousands_tr_600.csv")
    letters = app.selectbox(key="recurrent.csv_letters")
    assert letters.options[0] == "gün, satış" and "gün, satýþ" in letters.options
    letters.set_value("cp1252").run()
    assert app.selectbox(key="recurrent.csv_column").options == ["satýþ", "gün"]


def test_a_comma_that_may_stand_between_two_columns_is_asked_about(series, awake):
    app = series("\n".join(f"{day},{day * day % 97}" for day in range(100)).encode())
    assert app.radio(key="recurrent.csv_cut").options == ["stands between columns", "stands before decimals"]
    app.button(key="recurrent.use_column").click().run()
    assert in_use(app, awake)[1][:4].tolist() == [0, 1, 4, 9]
    app.radio(key="recurrent.csv_cut").set_value(app.radio(key="recurrent.csv_cut").options and "\x1f").run()
    app.button(key="recurrent.use_column").click().run()
    assert in_use(app, awake)[1][:3].tolist() == pytest.approx([0, 1.1, 2.4])


def test_the_column_in_use_is_named_on_a_page_that_is_opened_anew(series, app_test, awake):
    link = series(FILES / "columns" / "03_date_value_tr.csv").query_params["recurrent"]
    again = app_test("recurrent.py", recurrent=link)
    assert "In use: the column “Sıcaklık”, 80 numbers from " in said(again)
    turkish = app_test("recurrent.py", recurrent=link, lang="tr")
    assert "“Sıcaklık”" in said(turkish) and "In use" not in said(turkish)


def test_a_refused_column_stays_where_it_was_and_leaves_the_one_before(series, awake):
    app = series(FILES / "columns" / "03_date_value_tr.csv")
    bad = b"a;b\n" + b"".join(b"%d;%d,5\n" % (day, day) for day in range(60)) + b"x;y\n"
    app.file_uploader(key="recurrent.column_file").set_value(("bad.csv", bad, "text/csv")).run()
    app.selectbox(key="recurrent.csv_column").set_value("b").run()
    app.button(key="recurrent.use_column").click().run()
    assert "Line 62 has no number in the column “b” but “y”" in said(app)
    assert app.file_uploader(key="recurrent.column_file").value.name == "bad.csv"
    assert len(in_use(app, awake)[1]) == 80 and "In use: the column “Sıcaklık”" in said(app)


# points with labels

@pytest.fixture
def points(app_test, awake):
    """Return a function that puts a file where the playground takes a table."""
    def put(content: bytes | Path):
        app = app_test("playground.py", playground=to_link(Playground(data=PlaneData(dataset="gauss"))))
        app.session_state["playground.datasets"] = {"chosen": {"seq": 1, "name": "table"}}
        app.run()
        content = content.read_bytes() if isinstance(content, Path) else content
        app.file_uploader(key="playground.table_file").set_value(("mine.csv", content, "text/csv")).run()
        assert not app.exception
        return app
    return put


def table_of(app, engine):
    table = load_table(engine.home, from_link(app.query_params["playground"], "playground")[0].data.table)
    return table, table.points / table.factor + table.centre


XY = [[-1.06, -2.09], [0.91, -2.57], [0.22, -0.81]]


@pytest.mark.parametrize(("name", "first", "names", "columns"), [
    ("04_trailing_empty_columns", XY, ("kırmızı", "mavi"), ("x", "y", "etiket")),
    ("05_one_trailing_separator", XY, ("kırmızı", "mavi"), ("x", "y", "etiket")),
    ("06_sep_line", XY, ("kırmızı", "mavi"), ("x", "y", "etiket")),
    ("11_unicode_minus", XY, ("kırmızı", "mavi"), ("x", "y", "label")),
    ("09_thousands_tr_no_decimals", [[1250, 85.5], [2400, 120.5], [950, 60.5]], ("daire", "ev"),
     ("fiyat", "alan", "tip")),
    ("14_nfd_nfc_labels", [[1, 2], [2, 3], [3, 1]], ("mavi", "ğri"), ("x", "y", "label"))])
def test_a_table_is_read_rightly_and_its_columns_are_named(points, awake, name, first, names, columns):
    app = points(FILES / "csv" / f"{name}.csv")
    table, values = table_of(app, awake)
    assert np.allclose(values[:3], first, rtol=1e-4) and table.names == names and table.columns == columns
    assert f"In use: across “{columns[0]}” from " in said(app) and f"the class is “{columns[2]}”" in said(app)
    assert not app.error


FLOWERS = "id;sepal;petal;species\n" + "\n".join(
    f"{row};{4 + row * row % 11 / 10:.1f};{row % 7 + 0.5};{'setosa' if row < 9 else 'virginica'}".replace(".", ",")
    for row in range(20))


def test_of_several_columns_those_of_the_points_are_chosen_and_seen_before_they_are_used(points, awake):
    app = points(FLOWERS.encode())
    assert from_link(app.query_params["playground"], "playground")[0].data.table == ""
    assert [app.selectbox(key=f"playground.csv_{one}").value for one in ("x1", "x2", "label")] == [
        "sepal", "petal", "species"]
    assert "“sepal” is read as 4 · 4.1 · 4.4 …" in said(app)
    app.button(key="playground.use_table").click().run()
    table, values = table_of(app, awake)
    assert table.columns == ("sepal", "petal", "species") and np.allclose(values[1], [4.1, 1.5], rtol=1e-4)
    app.selectbox(key="playground.csv_x1").set_value("species").run()
    app.button(key="playground.use_table").click().run()
    assert "Line 2: “setosa” is not a number" in said(app) and table_of(app, awake)[0].columns == table.columns


def test_two_readings_of_a_table_are_asked_about(points, awake):
    app = points(b"fiyat;alan;tip\n1.250;1.100;ev\n2.400;1.200;ev\n1.100;1.300;daire\n3.750;1.400;daire\n")
    assert app.radio(key="playground.csv_decimal").options == ["1250", "1.25"]
    app.button(key="playground.use_table").click().run()
    assert np.allclose(table_of(app, awake)[1][0], [1250, 1100])


# pictures in zips

@pytest.fixture
def collected(app_test, awake):
    """Return a function that puts a zip where the Digits page takes own pictures, and makes the data set."""
    images.keep_in(awake.home)

    def put(content: bytes, level: int | None = None):
        app = app_test("digits.py")
        app.button(key="digits.own_pictures").click().run()
        app.button_group(key="digits.collect_way").set_value("zip").run()
        app.file_uploader(key="digits.zip").set_value(("mine.zip", content, "application/zip")).run()
        if level is not None:
            app.radio(key="digits.zip_level").set_value(level).run()
        app.button(key="digits.collect").click().run()
        wait_until(lambda: "_collect_job.digits" not in app.run().session_state
                   or not app.session_state["_collect_job.digits"], 60, "the zip was not read")
        assert not app.exception
        return app.run()
    return put


def classes(app) -> tuple[str, ...]:
    return images.load(from_link(app.query_params["experiment"])[0].data.dataset).classes


@pytest.mark.parametrize(("name", "names", "count"), [
    ("02_macos_utf8_unflagged_nfd", ("ağaç", "kuş"), 12), ("06_cp1254_names", ("ağaç", "kuş"), 12),
    ("03_powershell5_backslashes", ("kedi", "kopek"), 12), ("19_emoji_and_sign_classes", ("+", "×"), 12),
    ("07_ipynb_checkpoints", ("kedi", "kopek"), 12), ("17_hidden_extra_folder", ("kedi", "kopek"), 12),
    ("09_class_then_album", ("kedi", "kopek"), 12), ("15_some_heic", ("kedi", "kopek"), 13)])
def test_a_zip_becomes_the_classes_that_its_folders_are(collected, name, names, count):
    app = collected((FILES / "zips" / f"{name}.zip").read_bytes())
    assert classes(app) == names and f"Collected: {plain(names[0])} 6, {plain(names[1])} {count - 6}" in said(app)
    files = "\n".join(block.value for block in app.code).split("\n")
    if name.startswith("15"):
        assert {f"kedi/IMG_{number}.HEIC" for number in range(20)} <= set(files) and "HEIC format" in said(app)
    else:
        assert not any("HEIC" in file for file in files)
    assert ("hidden folder" in said(app)) == (name[:2] in ("07", "17"))


def test_where_two_levels_of_folders_could_be_the_classes_one_is_asked(collected):
    app = collected((FILES / "zips" / "09_class_then_album.zip").read_bytes(), level=1)
    assert classes(app) == ("telefon1", "telefon2")


def test_after_a_refusal_the_dialog_stays_where_it_was_and_keeps_the_file(collected):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(4):
            file = io.BytesIO()
            Image.fromarray(np.full((20, 20, 3), 10 * number, np.uint8)).save(file, "PNG")
            archive.writestr(f"kedi/{number}.png", file.getvalue())
    app = collected(packed.getvalue())
    assert "There are 1 classes" in said(app) and app.button_group(key="digits.collect_way").value == "zip"
    assert app.file_uploader(key="digits.zip").value.name == "mine.zip"
    assert not app.button(key="digits.collect").disabled


def test_each_file_that_is_no_picture_is_named_when_it_is_put_class_by_class(app_test, awake):
    app = app_test("digits.py")
    app.button(key="digits.own_pictures").click().run()
    app.text_input(key="digits.class_name").set_value("+").run()
    heic = b"\0\0\0\x18ftypheic" + bytes(50)
    files = [("IMG_1.HEIC", heic, "image/heic"), ("b.png", b"nothing", "image/png")]
    app.file_uploader(key="digits.files_0").set_value(files).run()
    wait_until(lambda: "b.png" in said(app.run()), 30, "the pictures were not looked at")
    assert "IMG_1.HEIC" in said(app) and "HEIC format" in said(app) and "no picture that can be read" in said(app)


# a text

@pytest.fixture
def text(app_test, awake):
    """Return a function that puts a file where the transformer page takes a text."""
    def put(content: bytes | Path):
        network = TransformerNetwork(layers=1, heads=2, width=16, context=32)
        spec = Transformer(data=TextData(task="plays"), network=network,
                           training=TransformerTraining(epochs=1, batch_size=64))
        app = app_test("transformer.py", transformer=to_link(spec))
        app.selectbox(key="transformer.task").set_value("own").run()
        content = content.read_bytes() if isinstance(content, Path) else content
        app.file_uploader(key="transformer.text_file").set_value(("mine.txt", content, "text/plain")).run()
        assert not app.exception
        return app
    return put


def test_a_text_of_one_letter_is_trained_by_characters_and_too_short_by_byte_pairs(text, awake):
    app = text(FILES / "texts" / "18_one_letter.txt")
    app.button_group(key="transformer.tokens").set_value("bpe").run()
    assert "with this vocabulary it has 6 tokens to learn from and 4 that are kept back" in said(app)
    assert app.button(key="transformer.train").disabled
    assert len([one for one in app.warning if "too short" in one.value]) == 2  # at the text and at the context
    app.button_group(key="transformer.tokens").set_value("characters").run()
    app.button(key="transformer.train").click().run()
    wait_until(lambda: awake.view(app.query_params["run"]).state in ("finished", "failed"), 120, "it did not end")
    assert awake.view(app.query_params["run"]).state == "finished"
    assert not app.run().exception and "went wrong" not in said(app)


def test_byte_pairs_that_are_too_few_for_a_context_name_the_one_that_fits(text):
    lines = "Bir varmış bir yokmuş, evvel zaman içinde kalbur saman içinde.\n" * 40
    app = text(lines.encode())
    app.button_group(key="transformer.tokens").set_value("bpe").run()
    assert "Use a context of at most" not in said(app) and not app.button(key="transformer.train").disabled
    app.select_slider(key="transformer.context").set_value(64).run()
    [most] = set(re.findall(r"a context of 64 needs 65 of each. Use a context of at most (\d+)", said(app)))
    assert 32 <= int(most) < 64
    assert app.button(key="transformer.train").disabled


# a disk that is full

def full_disk(path, *_more):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_every_upload_is_a_sentence_on_its_page(series, points, text, collected, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    assert "the server's disk is full" in said(series(FILES / "columns" / "16_single_decimal_comma_600.csv"))
    assert "the server's disk is full" in said(points(FILES / "csv" / "11_unicode_minus.csv"))
    assert "the server's disk is full" in said(text(b"some text " * 300))
    zipped = collected((FILES / "zips" / "19_emoji_and_sign_classes.zip").read_bytes())
    assert "the server's disk is full" in said(zipped) and zipped.file_uploader(key="digits.zip").value is not None
