"""What one app lets others read and write in bulk: datasets, their fields, what became of rows.

A dataset belongs to the app whose name its own begins with (`config.flags`). Its rows are flat:
a mapping of field names to texts, numbers, booleans, JSON or None, keyed for people by the natural
key rather than by ids, so that what is exported here can be imported there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeAlias

#: One row: JSON values by the names of fields. Decimals, dates and times are ISO texts.
Row: TypeAlias = dict[str, Any]


class Kind(StrEnum):
    """What a field holds, after Table Schema (Frictionless Data, `fields[].type`)."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    UUID = "uuid"
    JSON = "json"


class Mode(StrEnum):
    """What rows do to those that are there with their key."""

    #: Another with the same key is an error.
    INSERT = "insert"
    #: One without such a row is an error.
    UPDATE = "update"
    UPSERT = "upsert"
    #: As upsert, and what the source does not have is removed at the end.
    REPLACE = "replace"
    #: The rows with these keys go; of a row that is to go only its key is read.
    DELETE = "delete"


class Done(StrEnum):
    """What became of a row."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A field names a row of another dataset by a field of that."""

    dataset: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a dataset, and what its values have to be; bounds are texts as in a CSV."""

    name: str
    kind: Kind = Kind.TEXT
    title: str = ""
    description: str = ""
    required: bool = False
    unique: bool = False
    minimum: str = ""
    maximum: str = ""
    min_length: int | None = None
    max_length: int | None = None
    #: A regular expression that the whole text has to match.
    pattern: str = ""
    choices: tuple[str, ...] = ()
    relation: Relation | None = None
    #: The owner makes it; importing leaves it out.
    read_only: bool = False
    #: Without this scope it is told as `***`.
    masked_without: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what `asdict` made of one."""
        relation = told.get("relation")
        return cls(
            **dict(told)
            | {
                "kind": Kind(told.get("kind", Kind.TEXT)),
                "choices": tuple(told.get("choices", ())),
                "relation": Relation(**relation) if relation else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What an app lets be exported, and imported where it names modes."""

    name: str
    title: str
    description: str = ""
    fields: tuple[Field, ...]
    #: The fields that together name a row for people; no two rows have the same.
    key: tuple[str, ...]
    modes: frozenset[Mode] = frozenset()
    read_scope: str
    write_scope: str = ""
    #: Fields by which it can be filtered for equality, and one by which it grows, if any.
    filters: tuple[str, ...] = ()
    cursor: str = ""
    #: The most rows that one call reads or writes.
    most_rows: int = 500

    @property
    def service(self) -> str:
        """The app that it belongs to."""
        return self.name.partition(".")[0]

    def field(self, name: str) -> Field | None:
        """Return the field of this name, if there is one."""
        return next((one for one in self.fields if one.name == name), None)

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"modes": sorted(self.modes)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what `told` made of one."""
        return cls(
            **dict(told)
            | {
                "fields": tuple(Field.of(one) for one in told["fields"]),
                "key": tuple(told["key"]),
                "modes": frozenset(Mode(one) for one in told.get("modes", ())),
                "filters": tuple(told.get("filters", ())),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row of a batch; `column` is what a refusal is about, if it is one."""

    done: Done
    code: str = ""
    message: str = ""
    column: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what `asdict` made of one."""
        return cls(**dict(told) | {"done": Done(told["done"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row that an undo left as it is, by its key, and why."""

    key: Row
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What is there of a batch: its rows that nobody has changed since, as they read now."""

    rows: list[Row]
    #: How many it made or changed.
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What an undo of a batch did: how many rows are as before, and those that were kept."""

    undone: int
    kept: tuple[Kept, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what `asdict` made of one."""
        return cls(undone=told["undone"], kept=tuple(Kept(**one) for one in told["kept"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read of a dataset."""

    #: Where the page before ended; empty at the beginning.
    after: str = ""
    limit: int = 500
    #: All, if none is named.
    columns: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    #: Of the dataset's cursor: rows at or after this, and before that, as ISO texts.
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in the order of the owner's key, and where the next page begins; empty at the end."""

    rows: list[Row]
    next: str = ""
