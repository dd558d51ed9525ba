"""The datasets that this process serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from contracts.datasets import Dataset, Field, Mode, Page, Row, Wanted
from kernel.errors import DomainError, InvalidInputError, NotFoundError

#: The values of a row's key, in the order in which the dataset names them.
Key: TypeAlias = tuple[Any, ...]
#: Why something was refused, or None where it was done.
Refusal: TypeAlias = DomainError | None
#: What a page of rows is asked by beside filters, which so cannot be called this.
WORDS = frozenset({"after", "limit", "columns", "since", "until"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row that is to be written, and how it reads before that; None of one that is not there."""

    row: Row
    before: Row | None = None

    @property
    def changed(self) -> Row:
        """Return what of the row is not there yet."""
        before = self.before
        if before is None:
            return self.row
        return {name: value for name, value in self.row.items() if before.get(name) != value}


#: Gives a page of the rows that whoever acts may see, in an order that stays.
Reader: TypeAlias = Callable[[Wanted], Page]
#: Gives those of these keys, held until the transaction ends. Rows may carry more than the dataset
#: names, for the writer's use: nobody is told of that.
Finder: TypeAlias = Callable[[Sequence[Key]], list[Row]]
#: Makes rows or changes them, and says of each in turn whether it was refused.
Writer: TypeAlias = Callable[[Sequence[Change]], list[Refusal]]
#: Takes rows away that were found, and says of each in turn whether it was refused.
Remover: TypeAlias = Callable[[Sequence[Row]], list[Refusal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A dataset of this process, and the functions of its app."""

    dataset: Dataset
    read: Reader
    find: Finder
    write: Writer
    remove: Remover

    def key_of(self, row: Row) -> Key:
        """Return the values of a row's key."""
        return tuple(row[name] for name in self.dataset.key)


#: Whose datasets every process has, as every process reads what they are of.
EVERYWHERE = "identity"
_REGISTRY: dict[str, Registered] = {}


def _has_none(_given: Sequence[Any]) -> Any:
    raise NotImplementedError("this dataset is read only")


def register(
    dataset: Dataset,
    *,
    read: Reader,
    find: Finder | None = None,
    write: Writer | None = None,
    remove: Remover | None = None,
) -> None:
    """Let a dataset be had; ValueError if what it says of itself does not hold together."""
    for wrong, message in _contradictions(dataset, find, write, remove):
        if wrong:
            raise ValueError(f"{dataset.name}: {message}")
    _REGISTRY[dataset.name] = Registered(
        dataset=dataset,
        read=read,
        find=find or _has_none,
        write=write or _has_none,
        remove=remove or _has_none,
    )


def _contradictions(
    dataset: Dataset, find: Finder | None, write: Writer | None, remove: Remover | None
) -> list[tuple[bool, str]]:
    named = {*dataset.key, *dataset.filters, *({dataset.cursor} - {""})}
    missing = sorted(name for name in named if dataset.field(name) is None)
    imported = bool(dataset.modes)
    return [
        (dataset.name in _REGISTRY, "there is a dataset of this name"),
        (not dataset.key, "it has no key"),
        (bool(missing), f"it has no field {', '.join(missing)}"),
        (bool(WORDS & set(dataset.filters)), f"no filter is called {', '.join(sorted(WORDS))}"),
        (imported != (write is not None), "what can be imported has modes and a writer"),
        (imported and find is None, "what can be imported is found by its key"),
        (imported and not dataset.write_scope, "what can be imported names the scope for it"),
        # Beside DELETE itself, an undo takes away what was made.
        (bool(dataset.modes - {Mode.UPDATE}) and remove is None, "what it makes it can take away"),
    ]


def registered(name: str) -> Registered:
    """Return the dataset of this name; raises NotFoundError."""
    if name not in _REGISTRY:
        raise NotFoundError(f"no dataset {name[:100]}")
    return _REGISTRY[name]


def key_field(found: Registered) -> Field:
    """Return the one field by which others name rows; raises InvalidInputError without one."""
    field = found.dataset.field(found.dataset.key[0])
    if len(found.dataset.key) > 1 or field is None or found.find is _has_none:
        raise InvalidInputError(f"no rows of {found.dataset.name} are found by one field")
    return field


def datasets_of(service: str) -> list[Registered]:
    """Return those of an app, by their names."""
    return [one for name, one in sorted(_REGISTRY.items()) if one.dataset.service == service]
