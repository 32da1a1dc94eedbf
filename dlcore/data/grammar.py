"""Two small grammars, English and Turkish, whose next word's true probabilities are known.

In each, a subject decides about two words that come later: the verb agrees with its number, and each animal has a
favourite place. What stands between them (a clause with another animal in it) is there to be remembered across.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

State = tuple  # where in a sentence one is, and what of it still matters
Ways = tuple[tuple[str, float, State], ...]  # (word, its probability, the state behind it)

BEGIN: State = ("begin",)
FAVOURITE = 0.85  # probability of an animal's favourite place; the others share the rest
STOP = "."

ENGLISH = {"cat": ("cats", "mat"), "dog": ("dogs", "rug"), "bird": ("birds", "tree"), "child": ("children", "chair")}
ENGLISH_VERBS = {"sits": "sit", "sleeps": "sleep", "sings": "sing"}
ENGLISH_DEEDS = {"sees": "see", "chases": "chase", "likes": "like"}

TURKISH = {"kedi": ("kediler", "halıda", "kediyi"), "köpek": ("köpekler", "kilimde", "köpeği"),
           "kuş": ("kuşlar", "ağaçta", "kuşu"), "çocuk": ("çocuklar", "sandalyede", "çocuğu")}
TURKISH_VERBS = {"oturuyor": "oturuyorlar", "uyuyor": "uyuyorlar", "bekliyor": "bekliyorlar"}
TURKISH_DEEDS = ("gördükten", "kovaladıktan", "sevdikten")


def _even(words: Iterator[str] | dict | tuple, then: Callable[[str], State], share: float = 1.0) -> Ways:
    """Return equally probable ways on, each with the state behind its word."""
    words = tuple(words)
    return tuple((word, share / len(words), then(word)) for word in words)


def _favoured(places: list[str], favourite: str, then: State) -> Ways:
    others = (1 - FAVOURITE) / (len(places) - 1)
    return tuple((place, FAVOURITE if place == favourite else others, then) for place in places)


def _english(state: State) -> Ways:
    """the cat (that the dogs chase | that chases the dogs) sits on the mat ."""
    match state:
        case ("begin",):
            return (("the", 1.0, ("subject",)),)
        case ("subject",):
            return (*_even(ENGLISH, lambda noun: ("after", noun, False), 0.5),
                    *_even([many for many, _ in ENGLISH.values()], lambda noun: ("after", _single(noun), True), 0.5))
        case ("after", noun, many):
            return (("that", 0.4, ("that", noun, many)), *_verbs(noun, many, 0.6))
        case ("that", noun, many):
            return (("the", 0.5, ("inner", noun, many)),
                    *_even(_agree(ENGLISH_DEEDS, many), lambda _verb: ("whom", noun, many), 0.5))
        case ("whom", noun, many):
            return (("the", 1.0, ("object", noun, many)),)
        case ("object", noun, many):
            return _even(_all_nouns(), lambda _noun: ("main", noun, many))
        case ("inner", noun, many):
            return _even(_all_nouns(), lambda other: ("inner verb", noun, many, other not in ENGLISH))
        case ("inner verb", noun, many, other_many):
            return _even(_agree(ENGLISH_DEEDS, other_many), lambda _verb: ("main", noun, many))
        case ("main", noun, many):
            return _verbs(noun, many, 1.0)
        case ("end or place", noun):
            return ((STOP, 0.2, BEGIN), ("on", 0.4, ("the", noun)), ("under", 0.4, ("the", noun)))
        case ("the", noun):
            return (("the", 1.0, ("place", noun)),)
        case ("place", noun):
            return _favoured([place for _, place in ENGLISH.values()], ENGLISH[noun][1], ("stop",))
        case _:
            return ((STOP, 1.0, BEGIN),)


def _verbs(noun: str, many: bool, share: float) -> Ways:
    return _even(_agree(ENGLISH_VERBS, many), lambda _verb: ("end or place", noun), share)


def _agree(verbs: dict[str, str], many: bool) -> tuple[str, ...]:
    return tuple(verbs.values() if many else verbs)


def _all_nouns() -> tuple[str, ...]:
    return (*ENGLISH, *(many for many, _ in ENGLISH.values()))


def _single(many: str) -> str:
    return next(noun for noun, forms in ENGLISH.items() if forms[0] == many)


def _turkish(state: State) -> Ways:
    """kedi (köpeği gördükten sonra) (bugün | şimdi) halıda uyuyor ."""
    match state:
        case ("begin",):
            return (*_even(TURKISH, lambda noun: ("after", noun, False), 0.5),
                    *((forms[0], 0.5 / len(TURKISH), ("after", noun, True)) for noun, forms in TURKISH.items()))
        case ("after", noun, many):
            objects = [forms[2] for other, forms in TURKISH.items() if other != noun]
            return (*_even(objects, lambda _noun: ("deed", noun, many), 0.4), *_when(noun, many, 0.6))
        case ("deed", noun, many):
            return _even(TURKISH_DEEDS, lambda _verb: ("later", noun, many))
        case ("later", noun, many):
            return (("sonra", 1.0, ("when", noun, many)),)
        case ("when", noun, many):
            return _when(noun, many, 1.0)
        case ("place", noun, many):
            return _places(noun, many, 1.0)
        case ("verb", many):
            return _even(_agree(TURKISH_VERBS, many), lambda _verb: ("stop",))
        case _:
            return ((STOP, 1.0, BEGIN),)


def _when(noun: str, many: bool, share: float) -> Ways:
    then = ("place", noun, many)
    return (("bugün", share / 4, then), ("şimdi", share / 4, then), *_places(noun, many, share / 2))


def _places(noun: str, many: bool, share: float) -> Ways:
    ways = _favoured([forms[1] for forms in TURKISH.values()], TURKISH[noun][1], ("verb", many))
    return tuple((word, share * probability, then) for word, probability, then in ways)


RULES: dict[str, Callable[[State], Ways]] = {"en": _english, "tr": _turkish}


@dataclass(frozen=True)
class Grammar:
    """A grammar as numbers: from each state, the words' probabilities (states, words) and the state behind each."""

    words: tuple[str, ...]
    probabilities: np.ndarray
    after: np.ndarray

    def sentences(self, count: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """Return words (count, length) as indices: sentence after sentence, each row from a sentence's beginning."""
        drawn, state = np.empty((count, length), np.int64), np.zeros(count, np.int64)
        sums = self.probabilities.cumsum(1)
        sums /= sums[:, -1:]
        for step, chances in enumerate(rng.random((length, count))):
            word = (sums[state] <= chances[:, None]).sum(1)
            drawn[:, step], state = word, self.after[state, word]
        return drawn

    def follow(self, words: np.ndarray) -> np.ndarray:
        """Return the true probabilities (time, words) of the next word behind each of `words` (time,).

        Behind a word that the grammar does not allow there they are NaN until the sentence ends.
        """
        told, state = np.full((len(words), len(self.words)), np.nan), 0
        for step, word in enumerate(words):
            state = 0 if self.words[word] == STOP else self.after[state, word] if state >= 0 else -1
            if state >= 0:
                told[step] = self.probabilities[state]
        return told


@cache
def grammar(language: str) -> Grammar:
    """Return the grammar of a language; state 0 is the beginning of a sentence, and -1 stands for none."""
    rules, states = RULES[language], [BEGIN]
    for state in states:
        states += [then for then in dict.fromkeys(then for _, _, then in rules(state)) if then not in states]
    words = tuple(sorted({word for state in states for word, _, _ in rules(state)}))
    probabilities, after = np.zeros((len(states), len(words))), np.full((len(states), len(words)), -1)
    for index, state in enumerate(states):
        for word, probability, then in rules(state):
            probabilities[index, words.index(word)] += probability
            after[index, words.index(word)] = states.index(then)
    return Grammar(words, probabilities, after)
