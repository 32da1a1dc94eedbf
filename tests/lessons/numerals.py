"""The numbers in a text, English or Turkish, in figures and in words."""

import re

WORDS = {
    "en": {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
           "eleven": 11, "twelve": 12, "fourteen": 14, "twenty": 20, "hundred": 100, "thousand": 1000, "dozen": 12,
           "tenth": 0.1, "tenfold": 10, "half": 0.5},
    "tr": {"iki": 2, "ikisi": 2, "ikisini": 2, "ikisinin": 2, "üç": 3, "dört": 4, "beş": 5, "altı": 6, "yedi": 7,
           "sekiz": 8, "dokuz": 9, "on": 10, "on bir": 11, "on iki": 12, "on ikisi": 12, "on dört": 14, "onar kat": 10,
           "yirmi": 20, "yüz": 100, "bin": 1000, "düzine": 12, "düzineden": 12, "onda birinde": 0.1,
           "onda birinden": 0.1, "onuncusunda": 10, "yarısında": 0.5},
}
MINUS = re.compile(r"(?<![\w}])[−-]$")


def _pattern(language: str) -> re.Pattern:
    words = "|".join(sorted(WORDS[language], key=len, reverse=True))
    return re.compile(rf"(?P<figure>\d+(?:[.,]\d+)*)|\b(?P<word>{words})\b", re.IGNORECASE)


PATTERNS = {language: _pattern(language) for language in WORDS}


def find_numbers(text: str, language: str) -> list[tuple[str, float, int]]:
    """Return the numbers of a text in their order: as they are written, their values, and their decimals."""
    text = text.replace("İ", "i")
    return [_read(text, match, language) for match in PATTERNS[language].finditer(text)]


def _read(text: str, match: re.Match, language: str) -> tuple[str, float, int]:
    if match["word"]:
        return match[0], WORDS[language][match["word"].lower()], 1
    thousands, decimal = (",", ".") if language == "en" else (".", ",")
    plain = match["figure"].replace(thousands, "").replace(decimal, ".")
    sign = -1 if MINUS.search(text[: match.start()]) else 1
    return match[0], sign * float(plain), len(plain.partition(".")[2])
