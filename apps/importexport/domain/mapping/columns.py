"""A mapping: where the text of each field comes from, and what is done to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from apps.importexport.domain.problems import PlanError
from apps.importexport.domain.transforms.told import told, transforms_of
from apps.importexport.domain.transforms.transform import Transform

#: Of one mapping.
MOST_COLUMNS = 500
_NAME_LENGTH = 1_000
_KNOWN = frozenset(("field", "source", "constant", "transforms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field, filled from a column of the file, or with the same text in every row."""

    field: str
    #: The header of the column.
    source: str = ""
    constant: str = ""
    transforms: tuple[Transform, ...] = ()

    def __post_init__(self) -> None:
        if not self.field:
            raise PlanError("a column is mapped to a field")
        if self.source and self.constant:
            raise PlanError(f"{self.field}: either a source or a constant fills it")

    @property
    def sources(self) -> tuple[str, ...]:
        """The headers of all columns that it reads, each once."""
        first = (self.source,) if self.source else ()
        more = (name for step in self.transforms for name in step.sources)
        return tuple(dict.fromkeys((*first, *more)))

    def text(self, cells: Mapping[str, str | None]) -> str | None:
        """Return the text of the field in a row, None where there is none; raises RefusedError.

        To transforms what is empty is empty; what they leave so is no text, but for one that stands
        for nothing.
        """
        text = cells[self.source] if self.source else self.constant or None
        if not self.transforms:
            return text
        filled = {name: cells[name] or "" for name in self.sources}
        for step in self.transforms:
            if text or step.TAKES_EMPTY:
                text = step.changed(text or "", filled) or step.LEAVES
        return text

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "field": self.field,
            "source": self.source,
            "constant": self.constant,
            "transforms": [told(one) for one in self.transforms],
        }

    @classmethod
    def of(cls, given: Any) -> Self:
        """Return what `told` made of one; raises PlanError for anything else."""
        if not isinstance(given, Mapping):
            raise PlanError("a column of a mapping is an object")
        if unknown := given.keys() - _KNOWN:
            raise PlanError(f"a column of a mapping has no {str(min(unknown))[:40]!r}")
        texts = {name: given.get(name, "") for name in ("field", "source", "constant")}
        for name, text in texts.items():
            if not isinstance(text, str) or len(text) > _NAME_LENGTH:
                raise PlanError(f"{name} is a text of at most {_NAME_LENGTH} characters")
        return cls(**texts, transforms=transforms_of(given.get("transforms", ())))


def told_mapping(mapping: Sequence[Column]) -> list[dict[str, Any]]:
    """Return a mapping as JSON."""
    return [column.told() for column in mapping]


def mapping_of(given: Any) -> tuple[Column, ...]:
    """Return what `told_mapping` made of one; raises PlanError for anything else."""
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST_COLUMNS:
        raise PlanError(f"a mapping is a list of at most {MOST_COLUMNS} columns")
    return tuple(map(Column.of, given))
