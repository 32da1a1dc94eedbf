"""Numbers and dates as people write them."""

import datetime
from collections.abc import Callable

import numpy as np

ENGLISH = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
           "seventeen eighteen nineteen").split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
TURKISH = "sıfır bir iki üç dört beş altı yedi sekiz dokuz".split()
TURKISH_TENS = "on yirmi otuz kırk elli altmış yetmiş seksen doksan".split()
ENGLISH_WORDS = (*ENGLISH, *ENGLISH_TENS, "hundred", "thousand", "and")
TURKISH_WORDS = (*TURKISH, *TURKISH_TENS, "yüz", "bin")
MOST = 9_999

MONTHS = ("january february march april may june july august september october november december").split()
AYLAR = "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)


def english(number: int, joined: bool = False) -> str:
    """Return a number from 0 to 9,999 in English words; `joined` by "and" before the tens, as the British do."""
    words, rest = [], number
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if rest >= size:
            words += [ENGLISH[rest // size], name]
            rest %= size
    if words and rest and joined:
        words.append("and")
    if rest >= 20:
        words.append(ENGLISH_TENS[rest // 10 - 2])
        rest %= 10
    if rest or not words:
        words.append(ENGLISH[rest])
    return " ".join(words)


def turkish(number: int) -> str:
    """Return a number from 0 to 9,999 in Turkish words; a thousand and a hundred have no "one" before them."""
    words, rest = [], number
    for size, name in ((1000, "bin"), (100, "yüz")):
        if rest >= size:
            words += ([TURKISH[rest // size]] if rest >= 2 * size else []) + [name]
            rest %= size
    if rest >= 10:
        words.append(TURKISH_TENS[rest // 10 - 1])
        rest %= 10
    if rest or not words:
        words.append(TURKISH[rest])
    return " ".join(words)


STYLES: tuple[Callable[[datetime.date], str], ...] = (
    lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}",
    lambda day: f"{_ordinal(day.day)} of {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.day:02}/{day.month:02}/{day.year}",
    lambda day: f"{day.day} {AYLAR[day.month - 1]} {day.year}",
)


def _ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, 11th, 21st ..."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def any_day(rng: np.random.Generator) -> datetime.date:
    """Return one of the days from FIRST to LAST."""
    return FIRST + datetime.timedelta(days=int(rng.integers((LAST - FIRST).days + 1)))


def read_date(text: str) -> str | None:
    """Return the ISO date of a text in one of the STYLES, or None where it is none."""
    words = text.lower().replace(",", " ").replace(" of ", " ").replace(".", " ").replace("/", " ").split()
    words = words[1:] if words and words[0] in DAYS else words
    if len(words) != 3:
        return None
    day, month, year = (words[1], words[0], words[2]) if words[0].isalpha() else words
    months = [*(dict(zip(names, range(1, 13))) for names in (MONTHS, AYLAR, [name[:3] for name in MONTHS]))]
    number = next((known[month] for known in months if month in known), int(month) if month.isdecimal() else 0)
    try:
        return datetime.date(int(year), number, int("".join(filter(str.isdecimal, day)) or 0)).isoformat()
    except ValueError:
        return None
