"""A table of a database outside, and the dataset that it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apps.importexport.domain.externals.connections import PREFIX, External
from contracts.datasets import Dataset, Field, Kind, Mode

#: Rows that one batch writes there.
BATCH_ROWS: Final = 5_000
_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("int2", "int4", "int8"), Kind.INTEGER),
    **dict.fromkeys(("numeric", "float4", "float8"), Kind.DECIMAL),
    "bool": Kind.BOOLEAN,
    "date": Kind.DATE,
    **dict.fromkeys(("timestamptz", "timestamp"), Kind.DATETIME),
    "uuid": Kind.UUID,
    **dict.fromkeys(("json", "jsonb"), Kind.JSON),
}
_BOUNDS: Final = {"int2": (-(2**15), 2**15 - 1), "int4": (-(2**31), 2**31 - 1)}
_LENGTHS: Final = frozenset({"varchar", "bpchar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as the catalogue tells it; of a domain the type below it."""

    name: str
    #: Without its length or precision, in which a cast would cut a value off instead of refusing.
    type: str
    #: What the catalogue calls it, without its schema.
    type_name: str
    modifier: int = -1
    not_null: bool = False
    #: The expression, where it has one.
    default: str = ""
    #: `a` (always) or `d` (by default), else empty.
    identity: str = ""
    generated: bool = False
    unique: bool = False
    labels: tuple[str, ...] = ()
    comment: str = ""

    @property
    def kind(self) -> Kind:
        """What it holds; what has no kind of its own is told as PostgreSQL writes it."""
        return _KINDS.get(self.type_name, Kind.TEXT)

    @property
    def scale(self) -> int | None:
        """How many decimal places it keeps, where that is bounded."""
        if self.type_name != "numeric" or self.modifier < 0:
            return None
        # The lower 11 bits, with a sign since PostgreSQL 15.
        scale = (self.modifier - 4) & 0x7FF
        return scale - 0x800 if scale >= 0x400 else scale

    def field(self, *, in_key: bool) -> Field:
        """Return it as the field of a dataset."""
        least, most = _BOUNDS.get(self.type_name, ("", ""))
        made = bool(self.default or self.identity or self.generated)
        return Field(
            name=self.name,
            kind=self.kind,
            description=self.comment[:1000],
            required=in_key or (self.not_null and not made),
            unique=self.unique,
            minimum=str(least),
            maximum=str(most),
            max_length=self.modifier - 4
            if self.type_name in _LENGTHS and self.modifier > 4
            else None,
            choices=self.labels,
            read_only=self.generated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view, and what whoever connects may do to it."""

    name: str
    columns: tuple[Column, ...]
    #: Its primary key, or a unique index over columns that are never null; none of a view.
    key: tuple[str, ...] = ()
    comment: str = ""
    inserts: bool = False
    updates: bool = False
    deletes: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column of this name, if there is one."""
        return next((one for one in self.columns if one.name == name), None)


def dataset_of(to: External, table: Table) -> Dataset:
    """Return a table as every dataset is told."""
    modes = modes_of(to, table)
    grows_by = dict(to.grows_by).get(table.name, "")
    cursor = table.column(grows_by)
    fields = tuple(one.field(in_key=one.name in table.key) for one in table.columns)
    return Dataset(
        name=f"{PREFIX}{to.name}.{table.name}",
        title=f"{table.name} ({to.name})",
        description=table.comment[:1000],
        fields=fields,
        key=table.key,
        modes=modes,
        read_scope=to.read_scope,
        write_scope=to.write_scope if modes else "",
        filters=tuple(one.name for one in fields if one.kind is not Kind.JSON),
        cursor=grows_by if cursor is not None and cursor.kind is Kind.DATETIME else "",
        most_rows=BATCH_ROWS,
    )


def modes_of(to: External, table: Table) -> frozenset[Mode]:
    """Return what may be done to its rows.

    Told twice, an insert would be done twice where no receipt is kept beside the rows: without
    receipts only what comes to the same by the key is let.
    """
    if not to.imports or not table.key:
        return frozenset()
    lets = {
        Mode.INSERT: table.inserts and bool(to.receipts),
        Mode.UPDATE: table.updates,
        Mode.UPSERT: table.inserts and table.updates,
    }
    return frozenset(mode for mode, let in lets.items() if let)
