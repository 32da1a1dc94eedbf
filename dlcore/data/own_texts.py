"""Texts that visitors upload: read with care and kept on disk.

What is kept lies under the engine's home, in texts/NAME.txt; the name (see dlcore.specs.texts.OWN) is the hash of the
text, with how many characters it has and how many different ones, so that a link can name it and a spec knows its size.
"""

import hashlib
from pathlib import Path

from dlcore.data.keeping import find_kept, keep
from dlcore.errors import N_, DataError
from dlcore.specs.texts import OWN

FOLDER = "texts"
MOST_BYTES = 8 * 2**20
FEWEST, MOST_SYMBOLS = 2_000, 500
MOST_KEPT = 200

TOO_LARGE = N_("The file has {size:.1f} MB, more than the {most:.0f} MB that are read here. Upload a part of it.")
NOT_UTF8 = N_("The file is no text in UTF-8: byte {place:,} is {byte}. Save it as plain text in UTF-8 and try again.")
NO_TEXT = N_("This is not a text file. Save the text as plain text (.txt) and try again.")
SHORT = N_("The text has only {count:,} characters. Upload at least {fewest:,}.")
MANY = N_("The text has {count:,} different characters, more than the {most:,} that are learned here. Upload a text of "
          "a language that is written with letters.")
GONE = N_("The text of this link is not kept here any more. Upload its file again, or choose another task.")


def read_text(content: bytes) -> str:
    """Return an uploaded text; DataError where it is too large, too short, no text, or not in UTF-8 (or UTF-16)."""
    if len(content) > MOST_BYTES:
        raise DataError(TOO_LARGE, size=len(content) / 2**20, most=MOST_BYTES / 2**20)
    text = _decode(content).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise DataError(NO_TEXT)
    if len(text) < FEWEST:
        raise DataError(SHORT, count=len(text), fewest=FEWEST)
    if len(set(text)) > MOST_SYMBOLS:
        raise DataError(MANY, count=len(set(text)), most=MOST_SYMBOLS)
    return text


def _decode(content: bytes) -> str:
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in content:
            raise DataError(NO_TEXT) from error
        raise DataError(NOT_UTF8, place=error.start + 1, byte=f"0x{content[error.start]:02X}") from error


def text_name(text: str) -> str:
    """Return the name by which a spec and a link mean this text."""
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{len(text)}-{len(set(text))}"


def keep_text(home: Path, text: str, visitor: str = "") -> str:
    """Keep a visitor's text under the engine's home, the oldest giving way; return its name."""
    name = text_name(text)
    keep(Path(home) / FOLDER / f"{name}.txt", text.encode(), MOST_KEPT, FOLDER, visitor)
    return name


def load_text(home: Path | None, name: str) -> str:
    """Return a text that was kept under a home, or under the user's own; DataError where it is gone or damaged."""
    path = find_kept(home, FOLDER, f"{name}.txt") if OWN.fullmatch(name) else None
    if path is None:
        raise DataError(GONE)
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(GONE) from error
    if text_name(text) != name:
        raise DataError(GONE)
    return text
