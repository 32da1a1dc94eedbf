"""Texts of before UTF-8: which code page their bytes were written in, as far as the letters tell."""

import unicodedata

CODE_PAGES = {  # in the order in which they are taken where letters leave it open
    "cp1254": "Windows, Türkçe", "cp857": "MS-DOS, Türkçe", "mac_turkish": "Macintosh, Türkçe",
    "cp1252": "Windows, Western Europe", "cp1250": "Windows, Central Europe", "cp1251": "Windows, Cyrillic",
    "cp1253": "Windows, Greek", "cp1256": "Windows, Arabic", "cp850": "MS-DOS, Western Europe",
}
TURKISH = frozenset("çğıöşüÇĞİÖŞÜ")
MEASURED = 20_000  # characters from the beginning by which a code page is judged


def guess_code_page(content: bytes) -> str:
    """Return the code page whose letters look the most like words."""
    return readings(content)[0][0]


def decode_old(content: bytes) -> str:
    """Return a text of unknown code page, such as a name in a zip."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(guess_code_page(content))


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
