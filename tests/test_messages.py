"""What is said in English is said in Turkish too."""

import ast
import re
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
PO = ROOT / "assets/locale/tr/LC_MESSAGES/derin.po"
LESSONS = ROOT / "assets/lessons"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def turkish() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="tr")


@pytest.fixture(scope="module")
def in_code() -> set:
    found = {message for folder in ("pages", "dlcore")
             for _file, _line, message, _comments, _context in extract_from_dir(ROOT / folder, keywords=KEYWORDS)}
    return found - {""}


def spoken(path: Path) -> set[str]:
    """Return the texts that a file says in `_()` and its like, found as Python reads it."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {argument.value for call in calls if isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
            for argument in call.args[:1] if isinstance(argument, ast.Constant) and argument.value}


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def test_every_text_has_its_turkish(turkish, in_code):
    """`make messages` collects new texts; the Turkish is written in the .po file by hand."""
    missing = [message for message in in_code if message not in turkish or not all(texts(turkish[message].string))]
    assert missing == []


def test_no_text_hides_from_whoever_collects_them(in_code):
    """Inside an f-string, for instance, none is found."""
    collected = {texts(message)[0] for message in in_code}
    hidden = {(path.name, text) for folder in ("pages", "dlcore") for path in (ROOT / folder).rglob("*.py")
              for text in spoken(path) - collected}
    assert hidden == set()


def test_no_turkish_is_left_of_texts_that_are_gone(turkish, in_code):
    ids = {message.id for message in turkish if message.id}
    assert ids - in_code == set()
    assert list(turkish.obsolete) == []
    assert [message.id for message in turkish if message.fuzzy and message.id] == []


def test_both_languages_have_the_same_placeholders(turkish):
    different = [message.id for message in turkish if message.id for said in texts(message.string)
                 if placeholders(said) != placeholders(texts(message.id)[-1])]
    assert different == []


def test_every_text_can_be_taken_apart(in_code):
    """Only named placeholders: a translator may need another order."""
    unnamed = [text for message in in_code for text in texts(message) if {name for name in placeholders(text)
               if not re.fullmatch(r"[a-z_]+", name)}]
    assert unnamed == []


def test_texts_are_written_out_where_they_are_marked(in_code):
    """`_(f"...")` would look up a text that nobody can translate."""
    pattern = re.compile(r"\b(?:N_|_)\(\s*f[\"']")
    found = [str(path) for folder in ("pages", "dlcore") for path in (ROOT / folder).rglob("*.py")
             if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_compiled_catalogue_is_up_to_date(turkish):
    fresh = BytesIO()
    write_mo(fresh, turkish)
    fresh.seek(0)
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = {str(message.id): message.string for message in read_mo(file) if message.id}
    fresh = {str(message.id): message.string for message in read_mo(fresh) if message.id}
    assert compiled == fresh, "run `make messages`"


@pytest.mark.parametrize("name", sorted({path.name for path in LESSONS.rglob("*.md")}))
def test_every_lesson_is_there_in_both_languages_with_the_same_headings(name):
    levels = [[line.split(" ")[0] for line in (LESSONS / spoken / name).read_text(encoding="utf-8").splitlines()
               if line.startswith("#")] for spoken in ("en", "tr")]
    assert levels[0] == levels[1] != []
