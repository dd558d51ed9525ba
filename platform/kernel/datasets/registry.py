"""The datasets that this process serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.datasets import Dataset, Mode, Page, Row, RowResult, Wanted
from kernel.errors import NotFoundError

#: Gives a page of the rows that whoever acts may see.
Reader: TypeAlias = Callable[[Wanted], Page]
#: Takes rows, in a transaction, and says of each in turn what became of it.
Writer: TypeAlias = Callable[[Sequence[Row], Mode], list[RowResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A dataset of this process, and the functions of its app."""

    dataset: Dataset
    read: Reader
    write: Writer | None = None


_REGISTRY: dict[str, Registered] = {}


def register(dataset: Dataset, *, read: Reader, write: Writer | None = None) -> None:
    """Let a dataset be had; ValueError if what it says of itself does not hold together."""
    if bool(dataset.modes) != (write is not None):
        raise ValueError(f"{dataset.name}: what can be imported names its modes and has a writer")
    if write is not None and not dataset.write_scope:
        raise ValueError(f"{dataset.name}: what can be imported names the scope for it")
    missing = [name for name in dataset.key if dataset.field(name) is None]
    if missing:
        raise ValueError(f"{dataset.name}: its key names {', '.join(missing)}, no field of it")
    if dataset.name in _REGISTRY:
        raise ValueError(f"two datasets are called {dataset.name}")
    _REGISTRY[dataset.name] = Registered(dataset=dataset, read=read, write=write)


def registered(name: str) -> Registered:
    """Return the dataset of this name; raises NotFoundError."""
    if name not in _REGISTRY:
        raise NotFoundError(f"no dataset {name}")
    return _REGISTRY[name]


def datasets_of(service: str) -> list[Registered]:
    """Return those of an app, by their names."""
    return [one for name, one in sorted(_REGISTRY.items()) if one.dataset.service == service]
