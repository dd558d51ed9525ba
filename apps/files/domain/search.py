"""How text becomes words, the same for what is stored and for what is asked."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

#: Of one file, and of one question.
MOST_STORED = 5_000
MOST_ASKED = 8
MOST_CHARACTERS = 40
#: So many characters stand for all words that begin with them; fewer are a whole word.
LEAST_BEGINNING = 3

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> Iterator[str]:
    """Give words without case and accents, in their order."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    for word in _WORD.findall("".join(one for one in plain if not unicodedata.combining(one))):
        yield word[:MOST_CHARACTERS]


def stored_words(text: str, tenant: str) -> str:
    """Return what the index has of a text: each word once, the first ones, after the tenant's."""
    found = dict.fromkeys([tenant])
    for word in words_of(text):
        found[word] = None
        if len(found) > MOST_STORED:
            break
    return " ".join(found)


def asked_words(text: str) -> list[str]:
    """Return the words that are looked for; all of them have to be there."""
    return list(dict.fromkeys(words_of(text)))[:MOST_ASKED]


def fts5(words: Iterable[str], tenant: str) -> str:
    """Return a question for SQLite's index."""
    return " AND ".join(_each(words, tenant, '"{}"', "*"))


def tsquery(words: Iterable[str], tenant: str) -> str:
    """Return a question for PostgreSQL's index."""
    return " & ".join(_each(words, tenant, "'{}'", ":*"))


def _each(words: Iterable[str], tenant: str, quoted: str, open_: str) -> Iterator[str]:
    yield quoted.format(tenant)
    for word in words:
        yield quoted.format(word) + (open_ if len(word) >= LEAST_BEGINNING else "")
