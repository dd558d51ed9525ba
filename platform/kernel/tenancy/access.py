"""Who may see what of a model's rows within their tenant, as data: said once, beside the model.

The executor, the compiled path and the services that change rows all read it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from kernel.tenancy.context import Principal, acting_principal, require

#: From a principal to the rows it may see and change, by columns of their own; None is all of them.
RowRule = Callable[[Principal], Q | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it takes to see rows, single columns of them, and which rows.

    A column that takes a scope of its own is not shown, filtered by or sorted by without it.
    """

    read: str
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: RowRule | None = None

    def rule(self) -> Q | None:
        """Return which rows whoever is acting may see; None for all, and for work of our own."""
        principal = acting_principal() if self.rows else None
        return self.rows(principal) if self.rows and principal else None

    def scopes_of(self, columns: Iterable[str]) -> frozenset[str]:
        """Return what it takes to see all of these columns, beyond the rows."""
        return frozenset(self.columns[name] for name in columns if name in self.columns)

    def require_columns(self, lookups: Iterable[str]) -> None:
        """Raise ForbiddenError unless whoever is acting may filter and sort by all of these."""
        if self.columns:
            names = (lookup.lstrip("-").partition("__")[0] for lookup in lookups)
            for scope in sorted(self.scopes_of(names)):
                require(scope)


#: Of a model that says nothing.
OPEN = Access(read="")
