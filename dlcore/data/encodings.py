"""Files as texts: in UTF-8, in UTF-16, or in an old code page, which their letters tell as far as they can."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

from dlcore.errors import N_, DataError

CODE_PAGES = ("cp1254", "cp857", "mac_turkish",  # Turkish first: where letters leave it open, the first is taken
              "cp1252", "cp1250", "cp1251", "cp1253", "cp1256", "cp850")
TURKISH = frozenset("çğıöşüÇĞİÖŞÜ")
MEASURED = 20_000    # characters from the beginning by which a code page is judged
OTHERS = b"PK\x03\x04", b"PK\x05\x06", b"\x89PNG", b"%PDF", b"\xd0\xcf\x11\xe0"  # how files begin that are no text
STRANGE = re.compile(rb"[\x80-\xff]")
LOOKED, REACH = 100, 60  # parts of a file with letters outside of ASCII, and bytes of each to both sides
MOST_WAYS = 6        # of reading a file's letters that are offered
BROKEN = N_("Line {line} of the file is broken: it is not the UTF-8 that the rest is. Save the file once more as CSV "
            "(UTF-8), or correct that line.")


def guess_code_page(content: bytes) -> str:
    """Return the code page whose letters look the most like words."""
    return readings(content)[0][0]


def readings(content: bytes) -> list[tuple[str, str]]:
    """Return (code page, text) of each different way to read some bytes, the likeliest first."""
    found: dict[str, str] = {}
    for page in CODE_PAGES:
        try:
            found.setdefault(content.decode(page), page)
        except UnicodeDecodeError:
            continue
    found = found or {content.decode("latin-1"): "latin-1"}
    return [(page, text) for text, page in sorted(found.items(), key=lambda one: -_merit(one[0][:MEASURED]))]


def _merit(text: str) -> float:
    """Return how much a text looks like words: each letter that is not in ASCII counts by what stands beside it."""
    around = f" {text} "
    return sum(_weigh(*around[at - 1: at + 2]) for at in range(1, len(around) - 1) if around[at] > "\x7f")


def _weigh(before: str, character: str, behind: str) -> float:
    if not character.isalpha():
        strange = unicodedata.category(character)[0] == "C" or "\u2500" <= character <= "\u25ff"
        return -4 if strange else -3 * (before.isalpha() and behind.isalpha())
    script = _script(character)
    if any(other.isalpha() and _script(other) != script for other in (before, behind)):
        return -4
    if character.isupper() and before.islower():
        return -3
    return 3 if character in TURKISH else 2


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


# a whole file

def decode(content: bytes, complaint: str, encoding: str | None = None) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a file's text, and the ways to read its letters if it is of before UTF-8; DataError where it is none."""
    if content.startswith(OTHERS):
        raise DataError(complaint)
    try:
        text, ways = content.decode(_encoding(content)), ()
    except UnicodeDecodeError as error:
        if b"\0" in content or _encoding(content) != "utf-8-sig":
            raise DataError(complaint) from error
        _refuse_broken(content, error)
        found = readings(_strange_parts(content))
        pages = [page for page, _words in found]
        text = _decode_old(content, ([encoding] if encoding in pages else []) + pages)
        ways = _words_in(found)
    if "\0" in text:
        raise DataError(complaint)
    return text, ways


def _encoding(content: bytes) -> str:
    """Return the encoding in which a file says that it is, else UTF-8."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = content[:2000]
    first, second = (half.count(0) * 4 > len(half) > 0 for half in (head[::2], head[1::2]))
    return {(True, False): "utf-16-be", (False, True): "utf-16-le"}.get((first, second), "utf-8-sig")


def _refuse_broken(content: bytes, error: UnicodeDecodeError) -> None:
    """Refuse a file in UTF-8 of which a few bytes are broken: in no code page are its letters right."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 5 * broken:
        raise DataError(BROKEN, line=content.count(b"\n", 0, error.start) + 1) from error


def _strange_parts(content: bytes) -> bytes:
    """Return the first parts of a file that have letters outside of ASCII."""
    parts, end = [], 0
    for found in STRANGE.finditer(content):
        if found.start() >= end:
            end = found.start() + REACH
            parts.append(content[max(0, found.start() - REACH): end])
        if len(parts) == LOOKED:
            break
    return b"\n".join(parts)


def _decode_old(content: bytes, pages: Sequence[str]) -> str:
    """Return a text in the first of some code pages in which all of it can be read."""
    for page in pages:
        try:
            return content.decode(page)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _words_in(ways: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return, for each way to read a file, its first words with letters that are read differently."""
    found = []
    for page, text in ways[:MOST_WAYS]:
        words = dict.fromkeys(word.strip(" \"'") for word in re.split(r"[\s;,|]+", text) if not word.isascii())
        found.append((page, ", ".join(islice(words, 3))[:40]))
    found = [(page, words) for page, words in found if all(map(_is_word, words.split(", ")))]
    return tuple(found) if len(found) > 1 else ()


def _is_word(word: str) -> bool:
    return all(letter.isprintable() and (letter.isascii() or letter.isalpha()) for letter in word)
