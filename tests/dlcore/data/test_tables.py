"""Uploaded tables: right ones are read however they were written, wrong ones are told what is wrong and where."""

import numpy as np
import pytest

from dlcore.data.tables import MOST_BYTES, MOST_KEPT, MOST_ROWS, Table, keep_table, load_table, read_table
from dlcore.errors import DataError
from dlcore.specs.plane import TABLE

ROWS = [(1.5, -0.3, "red"), (2.5, 0.7, "blue"), (3.5, 1.7, "red"), (4.0, 2.7, "blue")]
PLAIN = "\n".join(f"{a},{b},{label}" for a, b, label in ROWS)


def written(separator=",", comma=False, header="", end="\n") -> str:
    lines = [separator.join((str(a), str(b), label)) for a, b, label in ROWS]
    lines = [line.replace(".", ",") for line in lines] if comma else lines
    return end.join([header, *lines] if header else lines)


@pytest.mark.parametrize("content", [
    PLAIN.encode(), written(";").encode(), written("\t").encode(), written(";", comma=True).encode(),
    written("\t", comma=True).encode(), written(header="a,b,c").encode(), written(end="\r\n").encode(),
    written(", ").encode(), written().encode("utf-8-sig"), written().encode("utf-16"),
    ("\n\n" + PLAIN.replace("\n", "\n\n") + "\n\n").encode(), PLAIN.replace("red", '"red"').encode(),
    written(";", comma=True, header="x;y;renk").encode(),
])
def test_a_right_file_is_read_however_it_was_written(content):
    table = read_table(content)
    assert table.names == ("blue", "red") and table.labels.tolist() == [1, 0, 1, 0]
    np.testing.assert_allclose(table.points / table.factor + table.centre, [row[:2] for row in ROWS], rtol=1e-5)
    assert table.points.min(0).tolist() == [-5, -5] and table.points.max(0).tolist() == [5, 5]


def test_turkish_letters_survive_an_old_encoding():
    text = written().replace("red", "kırmızı").replace("blue", "yeşil")
    assert read_table(text.encode("cp1254")).names == read_table(text.encode()).names == ("kırmızı", "yeşil")


def test_the_header_names_the_columns():
    assert read_table(written(header="length,width,species").encode()).columns == ("length", "width", "species")
    assert read_table(PLAIN.encode()).columns == ()


def test_labels_that_are_numbers_are_ordered_by_size():
    table = read_table(b"1,1,10\n2,2,9\n3,3,10\n4,4,-1\n")
    assert table.names == ("-1", "9", "10")


def test_a_column_that_is_always_the_same_lies_in_the_middle():
    assert read_table(b"1,7,a\n2,7,b\n3,7,a\n4,7,b").points[:, 1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("content", "said"), [
    (b"", "no lines"), (b"\n \n", "no lines"), (b"1,2,a\n2,3,b", "too few lines with points: 2"),
    (b"1,2\n2,3\n3,4\n4,5", "Line 1 has 2 columns"), (PLAIN.encode() + b"\n5,6,7,red", "Line 5 has 4 columns"),
    (b"a,b,c\nd,e,f\ng,h,i\nj,k,l\nm,n,o", "Line 1: .a. is not a number"),
    (PLAIN.replace("2.7", "nan").encode(), "Line 4: .nan. is not a number"),
    (PLAIN.replace("2.7", "inf").encode(), "Line 4: .inf. is not a number"),
    (PLAIN.replace("2.7", "").encode(), "Line 4: .. is not a number"),
    (PLAIN.replace("blue", "").encode(), "Line 2 has no label"),
    (PLAIN.replace("blue", "red").encode(), "All lines have the label .red."),
    ("\n".join(f"1,2,{label}" for label in range(9)).encode(), "9 different labels"),
    (b"PK\x03\x04" + bytes(100), "not a text file"), (bytes(range(256)), "not a text file"),
    (b"\xff\xfeabc", "not a text file"), (b"1,2,a\n" * (MOST_ROWS + 1), "5,001 lines"),
    (b"1" * (MOST_BYTES + 1), "more than the 2 MB"), (b'"' + b"x" * 200_000, "not a text file"),
])
def test_a_wrong_file_is_told_what_is_wrong_and_what_a_right_one_looks_like(content, said):
    with pytest.raises(DataError, match=said) as caught:
        read_table(content)
    assert "1.5, -0.3, red" in str(caught.value)


def test_a_kept_table_comes_back_under_a_name_that_tells_rows_and_classes(tmp_path):
    table = read_table(written(header="a,b,c").encode())
    name = keep_table(tmp_path, table)
    assert TABLE.fullmatch(name) and name.endswith("-4-2") and name == keep_table(tmp_path, table)
    again = load_table(tmp_path, name)
    assert np.array_equal(again.points, table.points) and np.array_equal(again.labels, table.labels)
    assert (again.names, again.centre, again.factor, again.columns) == (table.names, table.centre, table.factor,
                                                                       table.columns)


@pytest.mark.parametrize("name", ["0123456789abcdef-4-2", "../../etc/passwd", "", "0123456789abcdef-4-2/.."])
def test_a_table_that_is_not_there_is_said_to_be_gone(tmp_path, name):
    with pytest.raises(DataError, match="not kept here any more"):
        load_table(tmp_path, name)


def test_a_damaged_or_swapped_table_is_not_taken_for_the_one_that_was_meant(tmp_path):
    name = keep_table(tmp_path, read_table(PLAIN.encode()))
    path = tmp_path / "tables" / f"{name}.npz"
    other = tmp_path / "tables" / "0123456789abcdef-4-2.npz"
    other.write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes()[:50])
    for broken in (name, other.stem):
        with pytest.raises(DataError, match="not kept here any more"):
            load_table(tmp_path, broken)


def test_old_tables_give_way(tmp_path):
    for number in range(MOST_KEPT + 3):
        points = np.full((4, 2), number, np.float32)
        keep_table(tmp_path, Table(points, np.zeros(4, np.uint8), ("a", "b"), (0.0, 0.0), (1.0, 1.0)))
    assert len(list((tmp_path / "tables").iterdir())) == MOST_KEPT
