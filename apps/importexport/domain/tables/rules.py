"""What the description of a table has to hold to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from apps.importexport.domain.tables.values import ValueRefusedError, compiled, read
from contracts.datasets import Field, Kind

MOST_FIELDS: Final = 200
MOST_KEY_FIELDS: Final = 4
MOST_CHOICES: Final = 500
#: Characters of a text that is indexed, and of all of a key: PostgreSQL indexes 2,700 bytes.
INDEXED_TEXT: Final = 255
KEY_CHARACTERS: Final = 600
NAME_LENGTH: Final = 57

#: No two underscores together: behind them Django looks for more than a name.
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
#: In the order of these rows are read alike on every database.
KEY_KINDS: Final = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.DATETIME, Kind.UUID})
_BOUNDED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME})


class TableProblemError(ValueError):
    """A description that no table can have; the message names the field."""


def is_name(text: str) -> bool:
    """Say whether a table or a field may be called so."""
    return len(text) <= NAME_LENGTH and _NAME.fullmatch(text) is not None


def checked(fields: Sequence[Field], key: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields as they are kept, or raise TableProblemError.

    Those of the key are required, and a text that is indexed has a length.
    """
    if not 1 <= len(fields) <= MOST_FIELDS:
        raise TableProblemError(f"a table has 1 to {MOST_FIELDS} fields, found {len(fields)}")
    _check_names([one.name for one in fields])
    _check_key({one.name: one for one in fields}, key)
    found = tuple(_indexed(one, key) for one in fields)
    for problem in (text for one in found for text in _problems(one)):
        raise TableProblemError(problem)
    texts = [one.max_length or 0 for one in found if one.name in key and one.kind == Kind.TEXT]
    if sum(texts) > KEY_CHARACTERS:
        raise TableProblemError(
            f"the texts of a key have at most {KEY_CHARACTERS} characters together,"
            f" found {sum(texts)}: give them a maxLength"
        )
    return found


def _check_names(names: Sequence[str]) -> None:
    for at, name in enumerate(names):
        if not is_name(name):
            raise TableProblemError(
                f"field {at + 1}: a name has at most {NAME_LENGTH} characters a-z, 0-9 and single"
                f" underscores within, and begins with a letter; found {name[:80]!r}"
            )
        if name in names[:at]:
            raise TableProblemError(f"two fields are called {name}")


def _check_key(fields: dict[str, Field], key: Sequence[str]) -> None:
    if not 1 <= len(key) <= MOST_KEY_FIELDS or len(set(key)) < len(key):
        raise TableProblemError(
            f"primaryKey names 1 to {MOST_KEY_FIELDS} fields that together tell rows apart"
        )
    for name in key:
        if name not in fields:
            raise TableProblemError(f"primaryKey names {name[:80]!r}, which is no field")
        if fields[name].kind not in KEY_KINDS:
            raise TableProblemError(f"{name}: a {fields[name].kind} can be no part of a key")
        if fields[name].masked_without:
            raise TableProblemError(f"{name}: what is masked can be no part of a key")


def _indexed(one: Field, key: Sequence[str]) -> Field:
    in_key = one.name in key
    length = one.max_length
    if one.kind == Kind.TEXT and (in_key or one.unique):
        length = min(length or INDEXED_TEXT, INDEXED_TEXT)
    return replace(one, required=one.required or in_key, max_length=length)


def _problems(one: Field) -> Iterator[str]:
    if one.pattern:
        if one.kind != Kind.TEXT:
            yield f"{one.name}: only texts have a pattern"
        try:
            compiled(one.pattern)
        except ValueRefusedError as error:
            yield f"{one.name}: {error}"
    if one.kind != Kind.TEXT and (one.min_length is not None or one.max_length is not None):
        yield f"{one.name}: only texts have a length"
    if one.min_length is not None and one.min_length < 0:
        yield f"{one.name}: minLength is at least 0"
    if one.max_length is not None and one.max_length < max(one.min_length or 0, 1):
        yield f"{one.name}: maxLength is at least 1, and not less than minLength"
    if (one.minimum or one.maximum) and one.kind not in _BOUNDED:
        yield f"{one.name}: a {one.kind} has no minimum and no maximum"
    yield from _problems_of_values(one)
    if one.unique and one.kind == Kind.JSON:
        yield f"{one.name}: JSON cannot be unique"
    if one.unique and one.masked_without:
        yield f"{one.name}: what is masked cannot be unique, which would tell of it"


def _problems_of_values(one: Field) -> Iterator[str]:
    if len(one.choices) > MOST_CHOICES:
        yield f"{one.name}: at most {MOST_CHOICES} values to choose from"
    if one.choices and one.kind in (Kind.JSON, Kind.BOOLEAN):
        yield f"{one.name}: of a {one.kind} nothing is chosen"
        return
    plain = Field(name=one.name, kind=one.kind)
    try:
        for text in (one.minimum, one.maximum, *one.choices):
            if text:
                read(plain, text)
        if one.minimum and one.maximum and read(plain, one.minimum) > read(plain, one.maximum):
            yield f"{one.name}: the minimum is greater than the maximum"
    except ValueRefusedError as error:
        yield f"{one.name}: {error}"
