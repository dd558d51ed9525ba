"""How alike two names are: by letters, by words, by what people call the same thing."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from apps.importexport.domain.mapping.synonyms import MEANING, MOST_WORDS

_LENGTH = 100
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"}
)
# `airportRef`, `HTTPStatus`, `line2`: three places where a word ends without a sign.
_SEAM = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """From 0 to 1, and why."""

    degree: float
    why: str = ""


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case, without accents and plurals."""
    spaced = _SEAM.sub(" ", unicodedata.normalize("NFKC", name[:_LENGTH]))
    spread = unicodedata.normalize("NFKD", spaced.lower().translate(_UMLAUTS))
    bare = "".join(sign for sign in spread if not unicodedata.combining(sign))
    return tuple(_singular(word) for word in _SIGN.split(bare) if word)


def normal(name: str) -> str:
    """Return a name so that those which differ in case, spaces and signs are equal."""
    return " ".join(words(name))


@lru_cache(maxsize=8_192)
def likeness(one: str, other: str) -> Likeness:  # noqa: PLR0911  (from the surest to the weakest)
    """Return how alike the names of a column and of a field are."""
    if one.strip() == other.strip():
        return Likeness(1.0, "the same name")
    left, right = words(one), words(other)
    if not left or not right:
        return Likeness(0.0)
    if "".join(left) == "".join(right):
        return Likeness(0.97, "the same name, written otherwise")
    meant, known = _meanings(left), _meanings(right)
    if meant == known:
        return Likeness(0.9, "another word for it")
    if sorted(meant) == sorted(known):
        return Likeness(0.85, "the same words in another order")
    near = _nearness("".join(left), "".join(right))
    if near >= 0.75:
        return Likeness(0.85 * near, "nearly the same letters")
    shared = len(set(meant) & set(known)) / len(set(meant) | set(known))
    if shared:
        return (
            Likeness(0.4 + 0.4 * shared, "words in common") if shared >= 0.5 else Likeness(shared)
        )
    return Likeness(0.0)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _meanings(of: tuple[str, ...]) -> tuple[str, ...]:
    """Return words with those in their place that stand for the same; the longest phrases first."""
    found: list[str] = []
    at = 0
    while at < len(of):
        for count in range(min(MOST_WORDS, len(of) - at), 0, -1):
            phrase = " ".join(of[at : at + count])
            if phrase in MEANING or count == 1:
                found.append(MEANING.get(phrase, phrase))
                at += count
                break
    return tuple(found)


def _nearness(one: str, other: str) -> float:
    """Return 1 less the share of letters that have to be changed (Levenshtein)."""
    longest = max(len(one), len(other))
    if abs(len(one) - len(other)) * 4 > longest:
        return 0.0
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, wanted in enumerate(other, 1):
            cost = before + (letter != wanted)
            before = row[place]
            row[place] = min(cost, row[place] + 1, row[place - 1] + 1)
    return 1 - row[-1] / longest
