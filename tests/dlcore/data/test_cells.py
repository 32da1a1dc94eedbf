"""CSV files of any program and country: what was written is read back equal, or a question or a sentence says why."""

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.data.cells import ONE, read_sheet
from dlcore.data.columns import MOST_BYTES as MOST_COLUMN_BYTES
from dlcore.data.columns import read_column
from dlcore.data.columns import read_table as open_column
from dlcore.data.numbers import OPEN, Notation
from dlcore.data.tables import MOST_BYTES, guess_columns, make_table, open_table, read_table
from dlcore.errors import DataError
from tests.dlcore.data.test_numbers import spell

POINT, COMMA = Notation(".", ""), Notation(",", "")
WAYS = (POINT, COMMA, *(Notation(*signs) for signs in (".,", ",.", ".'", ", ", ". ")))
LABELS = ("kırmızı", "mavi", "a;b", "çay, kahve", "3. sınıf")
WORDS = (("x", "y", "etiket"), ("Sıcaklık (°C)", "Nem, %", "Sınıf"), ())


@st.composite
def files(draw):
    """Return a file as some program writes it, its rows, and the way in which its numbers are written."""
    rows = draw(st.lists(st.tuples(st.floats(-1e6, 1e6).map(lambda value: round(value, 3) + 0.0),
                                   st.integers(-5000, 5000).map(float), st.sampled_from(LABELS)),
                         min_size=4, max_size=30))
    way, header = draw(st.sampled_from(WAYS)), draw(st.sampled_from(WORDS))
    separator, tail = draw(st.sampled_from(";,\t|")), draw(st.sampled_from((0, 0, 1, 3)))
    minus = draw(st.sampled_from("-−"))
    quoting = csv.QUOTE_ALL if draw(st.booleans()) else csv.QUOTE_MINIMAL
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, quoting=quoting, lineterminator=draw(st.sampled_from(
        ("\n", "\r\n"))))
    if header:
        writer.writerow([*header, *[""] * tail])
    for one, other, label in rows:
        writer.writerow([spell(one, way, minus), spell(other, way, minus), label, *[""] * tail])
    text = written.getvalue()
    if draw(st.booleans()) and separator != "\t":
        text = f"sep={separator}\n{text}"
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le")))
    return text.encode(encoding), rows, way, header


@settings(max_examples=40, deadline=None)
@given(files())
def test_a_table_is_read_back_equal_or_a_question_has_the_right_answer(file):
    check_table(file)


@pytest.mark.check
@settings(max_examples=1_000, deadline=None)
@given(files())
def test_a_thousand_tables_are_read_back_equal_or_asked_about(file):
    check_table(file)


def check_table(file) -> None:
    content, rows, way, header = file
    sheet = open_table(content)
    assert [len(cells) for _line, cells in sheet.rows] == [3] * len(rows)
    columns = sheet.names
    assert columns == (tuple(header) if header else ("1", "2", "3"))
    for at, name in enumerate(columns[:2]):
        told = sheet.look(name)
        values = [row[at] for row in rows]
        assert values in [[one.read(cell) for cell in sheet.cells(name)] for one in told.notations], told
    if all(sheet.look(name).sure for name in columns[:2]) and len({row[2] for row in rows}) > 1:
        table = make_table(sheet, columns)
        again = table.points / table.factor + table.centre
        scale = np.abs([row[:2] for row in rows]).max() + 1
        assert np.allclose(again, [row[:2] for row in rows], rtol=1e-4, atol=1e-5 * scale)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 2) + 0.0), min_size=50, max_size=60).filter(
    lambda values: len(set(values)) > 1), st.sampled_from(WAYS), st.sampled_from(("Sıcaklık", "")),
    st.sampled_from("\t;,"), st.booleans())
def test_a_series_is_read_back_equal_or_asked_about(values, way, header, separator, dated):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    rows = [[f"{day % 28 + 1:02}.01.2024", spell(value, way)] if dated else [spell(value, way)]
            for day, value in enumerate(values)]
    writer.writerows([["Tarih", header][-len(rows[0]):], *rows] if header else rows)
    sheet = open_column(written.getvalue().encode())
    if not sheet.certain:
        sheet = open_column(written.getvalue().encode(), separator=ONE)
    name = sheet.names[-1]
    told = sheet.look(name)
    assert values in [[one.read(cell) for cell in sheet.cells(name)] for one in told.notations]
    if told.sure:
        assert read_column(sheet, name).tolist() == np.array(values, np.float32).tolist()
    else:
        with pytest.raises(DataError) as caught:
            read_column(sheet, name)
        assert caught.value.template == OPEN


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text("0123456789,.;\t\n\"'-ab ğ=sep|", max_size=300).map(str.encode))
def test_whatever_is_put_there_is_read_or_refused_with_a_sentence(content):
    for read in (open_column, open_table, read_table):
        try:
            read(content)
        except DataError as error:
            assert str(error)


# letters

WORD = "kırmızı;yeşil;ağaç;ÇİÇEK;Şöför"


@pytest.mark.parametrize("page", ["cp1254", "iso-8859-9", "cp857", "mac_turkish"])
def test_turkish_letters_of_old_code_pages_are_read_and_the_other_ways_are_offered(page):
    sheet = read_sheet(f"a;b;c;d;e\n{WORD}\n{WORD}\n".encode(page), "no text", 10)
    assert sheet.rows[-1][1] == WORD.split(";") and len(sheet.letters) != 1
    assert not sheet.letters or sheet.letters[0][1].startswith("kırmızı")


@pytest.mark.parametrize(("page", "words"), [
    ("cp1252", "Größe;Straße;Äpfel"), ("cp1252", "été;garçon;hôtel"), ("cp1250", "złoty;część;łódź"),
    ("cp1251", "красный;синий;дом"), ("cp1253", "κόκκινο;μπλε;σπίτι"), ("cp850", "Größe;Straße;Äpfel")])
def test_letters_of_other_countries_are_among_what_is_offered(page, words):
    sheet = read_sheet(f"a;b;c\n{words}\n{words}\n".encode(page), "no text", 10)
    said = "\n".join([";".join(sheet.rows[-1][1]), *(shown for _page, shown in sheet.letters)])
    assert words.split(";")[0] in said


def test_a_chosen_code_page_is_used():
    content = "a;b\nþorn;1\nþorn;2\n".encode("cp1252")
    sheet = read_sheet(content, "no text", 10)
    assert dict(sheet.letters)["cp1252"] == "þorn" and sheet.rows[0][1][0] == "şorn"
    assert read_sheet(content, "no text", 10, "cp1252").rows[0][1][0] == "þorn"


def test_a_file_in_utf_8_with_a_broken_byte_is_not_read_in_a_code_page():
    content = ("x;y;etiket\n" + "1;2;kırmızı\n" * 20).encode() + b"1;2;\xff\n"
    with pytest.raises(DataError, match="Line 22 of the file is broken"):
        read_sheet(content, "no text", 100)


def test_the_same_label_composed_and_decomposed_is_one_class():
    table = read_table("x,y,z\n1,2,g\u0306ri\n2,3,ğri\n3,1,mavi\n4,2,mavi\u200b\n".encode())
    assert table.names == ("mavi", "ğri")


# columns

@pytest.mark.parametrize(("text", "names", "cuts"), [
    ("20,0\n20,9\n21,6\n", ("1",), (ONE, ",")), ("0,12\n1,15\n2,11\n", ("1", "2"), (",", ONE)),
    ("Sıcaklık\n20,0\n20,9\n", ("Sıcaklık",), (ONE,)), ("a,b\n20,1\n20,9\n", ("a", "b"), (",", ONE)),
    ("1.5,2\n2.5,3\n", ("1", "2"), (",",)), ("-3,-4\n-5,-6\n", ("1", "2"), (",",)), ("1|2\n3|4\n", ("1", "2"), ("|",)),
    ("Tarih;Isı\n01.01.2024;20,0\n02.01.2024;20,9\n", ("Tarih", "Isı"), (";",)),
    ("a;b\n1,5;2,5\n2,5;3,5\n", ("a", "b"), (";",)), ("a\tb\n1,5\t2,5\n", ("a", "b"), ("\t",)),
    ("x,y,not\n1,2,a;b\n2,3,c;d\n", ("x", "y", "not"), (",",)), (";x;y;\n;1;2;\n;3;4;\n", ("x", "y"), (";",)),
    ("Ay;2023;2024\n1;5;6\n2;7;8\n", ("Ay", "2023", "2024"), (";",)), ("1,000\n5\n1,000,000\n", ("1",), (ONE, ",")),
    ("x;x;x\n1;2;3\n", ("x", "x (2)", "x (3)"), (";",)),
    ("sep=,\n1,5\n2,6\n", ("1", "2"), (",",)), ("SEP=;\r\na;b\r\n1;2\r\n", ("a", "b"), (";",)),
])
def test_files_are_cut_into_the_columns_that_were_meant(text, names, cuts):
    sheet = read_sheet(text.encode(), "no text", 100)
    assert (sheet.names, sheet.cuts) == (names, cuts)


@pytest.mark.parametrize(("text", "said"), [
    ("Ay,Isı\n1,20,5\n2,20,9\n3,21,4\n", "The header names 2 columns, but the lines have 3"),
    ("a;b\n1;2\n3;4\n5;6;7\n", "Line 4 has 3 columns, but there are 2 in the others")])
def test_numbers_that_are_cut_in_two_are_refused_instead_of_read_wrongly(text, said):
    with pytest.raises(DataError, match=said):
        read_sheet(text.encode(), "no text", 100)


def test_the_likely_columns_of_points_are_guessed_but_asked_about():
    text = "no;sınıf;boy;kilo\n" + "".join(f"{row};{'ab'[row % 2]};{150 + row * 7 % 40};{50 + row * 5 % 31}\n"
                                           for row in range(20))
    sheet = open_table(text.encode())
    assert guess_columns(sheet) == (("boy", "kilo", "sınıf"), False)
    with pytest.raises(DataError, match="has 4 columns instead of 3"):
        read_table(text.encode())
    assert guess_columns(open_table(b"who,x,y\na,1,2\nb,2,3\na,3,4\nb,4,5\n")) == (("x", "y", "who"), True)


# large files

SLOW = 1.0  # seconds here, of a machine that may be three times as busy as usual; a quiet one takes a fifth of it


LARGE = {
    "rows": b"1,2,a\n" * (MOST_BYTES // 6), "tail": b"1;a\n" + b";\n" * (MOST_BYTES // 2 - 2),
    "old": "ğ,1,2\n".encode("cp1254") * (MOST_BYTES // 6), "columns": b"1;2\n" * (MOST_COLUMN_BYTES // 4),
    "number": b"1" * MOST_BYTES, "row": b"1," * (MOST_BYTES // 2), "nothing": b";" * MOST_BYTES,
    "commas": b"1,5\n" * (MOST_BYTES // 4), "words": b"x\n" * (MOST_BYTES // 2), "quotes": b'"' * MOST_BYTES,
    "points": b"1.250\n" * (MOST_BYTES // 6), "one_old": b"\xf0" + b"1" * (MOST_BYTES - 1),
}
QUICK = ("rows", "tail", "old")


@pytest.mark.parametrize("content", [pytest.param(content, id=name, marks=() if name in QUICK else pytest.mark.check)
                                     for name, content in LARGE.items()])
def test_a_large_file_is_refused_at_once(content):
    for read in (open_table, lambda content: read_column(open_column(content), "1")):
        begun = time.process_time()
        with pytest.raises(DataError):
            read(content)
        assert time.process_time() - begun < SLOW
