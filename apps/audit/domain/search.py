"""How text becomes tokens, the same for what is stored and for what is asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: The most tokens kept of one entry and read of one question.
MAX_STORED = 2_000
MAX_ASKED = 16

#: The least characters that stand for all words which begin with them; fewer are a whole word.
#: An index reads every word with such a beginning, of whichever tenant.
LEAST_BEGINNING = 3
#: A token of every entry that has more tokens than are kept.
OVERFULL = "overfullentry"

_TOKEN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\WA-Z_\d]+|\d+")
# What is between tokens of ASCII; twice as fast as to look for them.
_BETWEEN = {code: " " for code in range(128) if not chr(code).isalnum()}


def stored_tokens(text: str) -> list[str]:
    """Return each token once, and the parts of CamelCase too: `DeleteTrail`, `delete`, `trail`."""
    found: dict[str, None] = {}
    for token in dict.fromkeys(_tokens(text)):
        found[token.lower()] = None
        if token.isdecimal() or (token.islower() and token.isalpha()):
            # It is its only part.
            continue
        for part in _PART.findall(token):
            found[part.lower()] = None
    return list(found) if len(found) <= MAX_STORED else [*list(found)[:MAX_STORED], OVERFULL]


def asked_tokens(text: str) -> list[str]:
    """Return what somebody looks for; `fits` says which stored ones a token stands for."""
    return list(dict.fromkeys(token.lower() for token in _tokens(text)))[:MAX_ASKED]


def texts_of(value: Any) -> list[str]:
    """Return all texts that JSON holds as values."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts_of(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


def fits(token: str, word: str) -> bool:
    """Say whether a token that is asked for stands for a stored word."""
    return word.startswith(token) if len(token) >= LEAST_BEGINNING else word == token


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of an index of words: logs with all of these tokens, as they are asked for.

    The hints are words of values that have to be there as well, so they narrow and decide nothing:
    of an entry with too many words some may be missing.
    """

    asked: tuple[str, ...]
    hints: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Iterable[str], values: Iterable[str]) -> "Terms":
        """Return what to ask for, with the words of values as hints."""
        hints = (token for value in values for token in asked_tokens(value))
        return cls(tuple(asked), tuple(dict.fromkeys(hints))[:MAX_ASKED])

    def __bool__(self) -> bool:
        return bool(self.asked or self.hints)

    def tsquery(self, tenant: str) -> str:
        """Return it for PostgreSQL; the tenant's token keeps it apart in the index itself."""
        return _joined(self, tenant, " & ", " | ", "'{}'", ":*")

    def fts5(self, tenant: str) -> str:
        """Return it for SQLite."""
        return _joined(self, tenant, " AND ", " OR ", '"{}"', "*")


def _joined(terms: Terms, tenant: str, all_of: str, one_of: str, quoted: str, open_: str) -> str:
    parts = [quoted.format(tenant)] if tenant else []
    parts += [
        quoted.format(token) + (open_ if len(token) >= LEAST_BEGINNING else "")
        for token in terms.asked
    ]
    if terms.hints:
        hints = all_of.join(map(quoted.format, terms.hints))
        parts.append(f"(({hints}){one_of}{quoted.format(OVERFULL)})")
    return all_of.join(parts)


def subject_token(key: str) -> str:
    """Return the token by which logs with something sealed under a subject's key are found.

    With a letter before it: where the key is named in a text, another token stands for it.
    """
    return f"p{key}"


def _tokens(text: str) -> list[str]:
    return text.translate(_BETWEEN).split() if text.isascii() else _TOKEN.findall(text)
