"""Databases outside, as the settings name them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

#: What the names of datasets begin with that are tables outside.
PREFIX: Final = "external."
#: So that the name of a dataset has room for the longest of a table.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,25}")
#: PostgreSQL keeps no longer ones.
_LONGEST_NAME = 63
_SCOPE = re.compile(r"[a-z]+:[a-z_]+")
_ANY = "*"


class Use(StrEnum):
    """What tables are for."""

    IMPORT = "import"
    EXPORT = "export"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A database outside, which of its tables may be had, and by whom."""

    name: str
    url: str = field(repr=False)
    password: str = field(default="", repr=False)
    schema: str = "public"
    #: Names of tables; `*` stands for any characters.
    tables: tuple[str, ...]
    #: Ids of tenants, or `*` for all.
    tenants: tuple[str, ...]
    use: Use = Use.BOTH
    #: The table in that schema where batches are noted in the transaction that writes them.
    receipts: str = ""
    read_scope: str = "importexport:read"
    write_scope: str = "importexport:write"
    #: By which column a table grows, where an export is to have what came since another.
    grows_by: tuple[tuple[str, str], ...] = ()
    connections: int = 4
    statement_seconds: int = 60
    export_seconds: int = 3600

    def lets(self, tenant_id: UUID) -> bool:
        """Say whether a tenant may have its tables."""
        return _ANY in self.tenants or str(tenant_id) in self.tenants

    def has(self, table: str) -> bool:
        """Say whether a table may be had: what batches are noted in never is."""
        return table != self.receipts and any(_matches(one, table) for one in self.tables)

    @property
    def imports(self) -> bool:
        """Whether rows may be written."""
        return self.use is not Use.EXPORT

    @property
    def exports(self) -> bool:
        """Whether rows may be read."""
        return self.use is not Use.IMPORT


def named_in(dataset: str) -> tuple[str, str]:
    """Return which database the name of a dataset names, and which table of it."""
    name, _, table = dataset.removeprefix(PREFIX).partition(".")
    return name, table


def connections_of(told: Mapping[str, Mapping[str, Any]]) -> dict[str, External]:
    """Return the databases that a setting tells of; raises ValueError, which tells no secret."""
    return {name: _external(name, one) for name, one in told.items()}


def _matches(pattern: str, table: str) -> bool:
    parts = map(re.escape, pattern.split(_ANY))
    return re.fullmatch(".*".join(parts), table, re.DOTALL) is not None


def _external(name: str, told: Mapping[str, Any]) -> External:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:40]!r}: a name is 1 to 26 of a-z, 0-9 and _, a letter first")
    if unknown := sorted(told.keys() - _READ.keys()):
        raise ValueError(f"{name} has {unknown[0][:40]!r}: expected {', '.join(_READ)}")
    if missing := [one for one in ("url", "tables", "tenants") if one not in told]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    found = {}
    for key, given in told.items():
        read, expected = _READ[key]
        try:
            found[key] = read(given)
        except (ValueError, TypeError, AttributeError):
            raise ValueError(f"{name}: {key} is {expected}") from None
    return External(name=name, **found)


def _url(given: Any) -> str:
    if not given.startswith(("postgresql://", "postgres://")):
        raise ValueError
    return str(given)


def _texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(map(_is_text, given)):
        raise ValueError
    return tuple(given)


def _tenants(given: Any) -> tuple[str, ...]:
    return tuple(_ANY if one == _ANY else str(UUID(one)) for one in _texts(given))


def _name(given: Any) -> str:
    if not _is_text(given) or len(given.encode()) > _LONGEST_NAME:
        raise ValueError
    return str(given)


def _scope(given: Any) -> str:
    if not _SCOPE.fullmatch(given):
        raise ValueError
    return str(given)


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_name(table), _name(column)) for table, column in given.items())


def _number(least: int, most: int) -> "_Read":
    def read(given: Any) -> int:
        if type(given) is not int or not least <= given <= most:
            raise ValueError
        return given

    return read, f"a whole number from {least} to {most}"


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given) and "\0" not in given


_Read: TypeAlias = tuple[Callable[[Any], Any], str]
_READ: Final[Mapping[str, _Read]] = {
    "url": (_url, "postgresql://user@host:port/name?sslmode=verify-full"),
    "password": (str, "a text"),
    "schema": (_name, "the name of a schema"),
    "tables": (_texts, "a list of names, in which * stands for any characters"),
    "tenants": (_tenants, 'a list of ids of tenants, or ["*"] for all'),
    "use": (Use, "import, export or both"),
    "receipts": (_name, "the name of a table"),
    "read_scope": (_scope, "a scope such as importexport:read"),
    "write_scope": (_scope, "a scope such as importexport:write"),
    "grows_by": (_pairs, "an object of columns by tables"),
    "connections": _number(1, 100),
    "statement_seconds": _number(1, 3600),
    "export_seconds": _number(1, 86_400),
}
