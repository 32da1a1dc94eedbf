"""The text of an uploaded CSV file, and its cells: of any encoding, separator and decimal sign that is in use."""

import csv
import io

from dlcore.errors import DataError

SEPARATORS = (";", "\t", ",")
OLD_ENCODING = "cp1254"  # what spreadsheets in Turkey write where it is not UTF-8; West Europe's is nearly equal

Rows = list[tuple[int, list[str]]]  # (number of the line, its cells)


def decode(content: bytes, complaint: str) -> str:
    """Return a file's text; DataError with the complaint where it is none."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif b"\0" in content or content.startswith(b"PK"):
        encodings = ()
    else:
        encodings = ("utf-8-sig", OLD_ENCODING)
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(complaint)


def cut_each_way(text: str, complaint: str) -> list[Rows]:
    """Return the lines that are not empty, cut at each of the SEPARATORS; DataError where that cannot be done."""
    return [_cut(text, separator, complaint) for separator in SEPARATORS]


def _cut(text: str, separator: str, complaint: str) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise DataError(complaint) from error


def read_number(cell: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma; None where it holds none."""
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return None
