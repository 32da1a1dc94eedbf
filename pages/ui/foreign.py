"""What comes from a visitor, a file or a link, as it may stand in what Streamlit renders as Markdown.

`plain` is for the middle of a sentence, `quoted` for what is to look like code. Neither makes an element of what it is
given: no link, picture, heading, formula, icon or colour, and nothing is loaded. What is unseen, or turns a text
around, is written out. Nothing else makes Markdown of foreign text.
"""

import re
import unicodedata

MARKS = re.compile(r"([\\`*_\[\]<>~$:&#|])")       # what can begin something in a line,
LIST = re.compile(r"^([0-9]{0,9})([-+=.)])")        # and a list or a rule at its beginning
FOUND = re.compile(  # what is looked for in the text that is left: addresses, short names of icons, arrows
    r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[-<>~])(?=[-<>=])", re.IGNORECASE)
JOINER = "\u2060"   # keeps what it stands in from being found, and is not seen
ISOLATE, END = "\u2068", "\u2069"  # around what is written from right to left, so that it turns nothing else around
JOINING = re.compile(r"(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")  # within words of some scripts, and pictures
TURNING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")  # unseen, or turns text around
UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")  # controls, what is no character, separators of lines


def plain(text: object) -> str:
    """Return Markdown that reads as the text does."""
    seen = one_line(text)
    written = JOINER.join(MARKS.sub(r"\\\1", part) for part in FOUND.split(seen))
    written = LIST.sub(r"\1\\\2", written)
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in seen)
    return f"{ISOLATE}{written}{END}" if turned else written


def quoted(text: object) -> str:
    """Return Markdown that shows a text as code; a dash where there is none."""
    seen = one_line(str(text).replace("`", " ")).replace(":material/", f":{JOINER}material/")
    return f"`{seen or '—'}`"


def one_line(text: object) -> str:
    """Return a text in one line, in which what would be unseen is written out."""
    line = " ".join(str(text).encode(errors="replace").decode().split())
    kept = {found.start() for found in JOINING.finditer(line)}
    return "".join(letter if at in kept else _seen(letter) for at, letter in enumerate(line))


def write_out(text: str) -> str:
    """Return a text, of any number of lines, in which what turns it around is written out."""
    return TURNING.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def _seen(letter: str) -> str:
    return f"⟨U+{ord(letter):04X}⟩" if unicodedata.category(letter) in UNSEEN else letter
