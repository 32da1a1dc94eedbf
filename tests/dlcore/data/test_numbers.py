"""Numbers as people write them: read back equal in every country's way of writing, or left open as a question."""

import math

import pytest
from babel import localedata
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.data.numbers import DECIMALS, NOTATIONS, THOUSANDS, Notation, decide
from dlcore.errors import DataError

VALUES = [1234.5, -0.25, 1234567.891, 12.5, 1000, 3, -98765.4321, 0.001]
IN_TWOS = ("tok", "tok_001")  # a made language that stands two digits together, in no file that anybody has
LOCALES = sorted(set(localedata.locale_identifiers()) - set(IN_TWOS))
NEAR = ("en", "tr", "de", "de_CH", "fr", "fr_CH", "sv", "pl", "pt", "es", "en_IN", "ar_EG", "fa", "hi", "ru", "en_ZA")


def written(values: list[float], locale: str, system: str = "default") -> list[str]:
    return [format_decimal(value, locale=locale, decimal_quantization=False, numbering_system=system)
            for value in values]


def readings(cells: list[str]) -> list[list[float | None]]:
    return [[notation.read(cell) for cell in cells] for notation in decide(cells).notations]


@pytest.mark.parametrize("locale", NEAR)
def test_numbers_of_a_country_are_read_as_they_were_meant(locale):
    for system in ("latn", "default"):
        assert readings(written(VALUES, locale, system)) == [VALUES]


@pytest.mark.check
def test_numbers_of_every_country_that_unicode_knows_are_read_as_they_were_meant():
    wrong = [(locale, system) for locale in LOCALES for system in ("latn", "default")
             if readings(written(VALUES, locale, system)) != [VALUES]]
    assert wrong == [] and len(LOCALES) > 1000


def spell(value: float, notation: Notation, minus: str = "-") -> str:
    """Write a number with all its digits, in groups of three."""
    whole, _point, behind = f"{abs(value):.6f}".rstrip("0").rstrip(".").partition(".")
    grouped = f"{int(whole):,}".replace(",", notation.thousands)
    return (minus if value < 0 else "") + grouped + (notation.decimal + behind if behind else "")


FINITE = st.floats(-1e9, 1e9).map(lambda value: round(value, 6) + 0.0)
WAYS = st.sampled_from(NOTATIONS)


@settings(max_examples=300, deadline=None)
@given(st.lists(FINITE | st.integers(-2000, 2000).map(float), min_size=1, max_size=8), WAYS, st.sampled_from("-−–"))
def test_a_column_is_read_back_equal_or_a_question_offers_the_right_reading(values, notation, minus):
    cells = [spell(value, notation, minus) for value in values]
    told, found = decide(cells), readings(cells)
    assert values in found and told.numbers == told.cells == len(values)
    if not told.sure:  # and it is asked only where a cell is truly two numbers
        one, other = (way.read(told.example) for way in told.notations[:2])
        assert one != other and told.example in cells


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789.,' -+eE٫٬\u00a0−x/%", max_size=12), WAYS)
def test_whatever_stands_in_a_cell_is_a_finite_number_or_none(cell, notation):
    number = notation.read(cell)
    assert number is None or isinstance(number, float)
    assert number is None or any(letter.isdigit() for letter in cell)


@pytest.mark.parametrize(("cells", "values"), [
    (["1.250", "2.400", "950", "85,5"], [1250, 2400, 950, 85.5]), (["1,250.5", "2,400"], [1250.5, 2400]),
    (["1.250.000", "1.300"], [1250000, 1300]), (["0.250", "1.250"], [0.25, 1.25]), (["1'250", "1.250"], [1250, 1.25]),
    (["1 250", "1,250"], [1250, 1.25]), (["1\u202f250,5"], [1250.5]), (["−1.06"], [-1.06]), (["12,34,567"], [1234567]),
    (["١٬٢٣٤٫٥"], [1234.5]), (["1.5e3", "2E-1"], [1500, 0.2]), (["1.234,56-"], [-1234.56]), ([".5", "5."], [0.5, 5]),
    (["+3", "- 4"], [3, -4]), (["\u200e-5", "\ufeff6"], [-5, 6]), (["1.2345", "1.250"], [1.2345, 1.25]),
    (["1.2", "1.250"], [1.2, 1.25]), (["1250", "1.2500"], [1250, 1.25]),
])
def test_signs_are_decided_by_the_whole_column(cells, values):
    assert readings(cells) == [values]


@pytest.mark.parametrize("cell", ["", "x", "1.2.3", "12%", "1,2,3", "1_000", "nan", "inf", "1.250,5,0", "0x1f", "--1",
                                  "1.25.000", "1 2", "12 34", "₺5", "01.01.2024", "2024-01-05", "1.2345.678", "1e",
                                  "-"])
def test_what_is_no_number_in_any_way_is_none(cell):
    assert all(notation.read(cell) is None for notation in NOTATIONS)


def test_where_nothing_decides_it_is_a_question_and_never_a_guess():
    told = decide(["1.250", "1.300"])
    assert not told.sure and [way.read("1.250") for way in told.notations] == [1.25, 1250]
    with pytest.raises(DataError, match="“1.250” can be read in two ways, as 1.25 or as 1250"):
        told.choose()
    assert told.choose(",").read("1.250") == 1250 and told.choose(".").read("1.250") == 1.25


def test_another_column_of_the_file_decides_but_days_and_contradictions_do_not():
    assert decide(["1.250"], [["85,5", "3"]]).choose().read("1.250") == 1250
    assert decide(["1.250"], [["85.5", "3"]]).choose().read("1.250") == 1.25
    assert not decide(["1.250"], [["01.2024", "02.2024"]]).sure     # months of a year
    assert not decide(["1.250"], [["12.30", "13.45"]]).sure         # times of a day
    assert not decide(["1.250"], [["85.5"], ["85,5"]]).sure
    assert not decide(["1.250"], [["kedi", "köpek"]]).sure


@pytest.mark.parametrize(("cells", "separator", "likely"), [
    (["1.100", "1.118"], ";", 1100), (["1.100", "1.118"], ",", 1.1), (["1.100", "950"], "\t", 1100),
    (["1.100", "1250"], ";", 1.1), (["1,100", "1,118"], ";", 1.1), (["1,100", "1,118"], ",", 1100)])
def test_the_likelier_reading_comes_first(cells, separator, likely):
    assert decide(cells, (), separator).notations[0].read(cells[0]) == likely


def test_an_odd_cell_among_numbers_is_the_one_that_is_none():
    told = decide(["1,5", "2,5", "3,5", "4.x", "1.5"])
    assert told.numeric and told.sure and told.choose().read("4.x") is None and told.choose().read("1.5") is None


def test_no_sign_stands_for_both():
    assert all(way.decimal in DECIMALS and way.thousands in THOUSANDS and way.decimal != way.thousands
               for way in NOTATIONS)
    assert math.isclose(Notation(",", ".").read("1.000,5"), 1000.5)
