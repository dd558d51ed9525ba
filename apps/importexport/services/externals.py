"""Datasets that are tables of databases outside, for tenants that the settings let have them."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from apps.importexport.adapters.externals.catalogue import forget, tables_of
from apps.importexport.adapters.externals.receipts import clear
from apps.importexport.adapters.externals.undoing import undo_batch
from apps.importexport.adapters.externals.writing import apply_batch
from apps.importexport.conf import external_databases
from apps.importexport.domain.externals.connections import PREFIX, External, named_in
from apps.importexport.domain.externals.tables import Table, dataset_of
from apps.importexport.errors import ExternalRefusedError
from contracts.datasets import Dataset, Mode, Row, RowResult, Undone
from kernel.errors import InvalidInputError, NotFoundError, UnavailableError
from kernel.mesh.client import refuse_inside_transaction
from kernel.tenancy.context import (
    ScopeRequiredError,
    current_principal,
    current_tenant_id,
    require,
)

logger = logging.getLogger(__name__)


def is_external(name: str) -> bool:
    """Say whether a dataset is a table of a database outside."""
    return name.startswith(PREFIX)


def keeps_receipts(name: str) -> bool:
    """Say whether what is brought into a dataset outside can be taken back."""
    to = external_databases().get(named_in(name)[0])
    return to is not None and bool(to.receipts)


def deletes(name: str) -> bool:
    """Say whether rows that are made in a table outside can be taken back; raises as `found`."""
    return found(name)[1].deletes


def describe(name: str) -> Dataset:
    """Return what a table outside is; raises NotFoundError, ForbiddenError, UnavailableError."""
    return dataset_of(*found(name))


def all_external() -> Iterator[Dataset]:
    """Yield those that whoever acts may read or write; none of a database that is not there."""
    principal = current_principal()
    for to in _of_tenant():
        if not (principal.may(to.read_scope) or principal.may(to.write_scope)):
            continue
        try:
            tables = tables_of(to)
        except (UnavailableError, ExternalRefusedError) as error:
            logger.warning("no tables of %s are told: %s", to.name, error)
            continue
        for _, table in sorted(tables.items()):
            dataset = dataset_of(to, table)
            if (to.exports and principal.may(to.read_scope)) or dataset.modes:
                yield dataset


def found(name: str) -> tuple[External, Table]:
    """Return a table that the tenant may have, and its database.

    What is not named in the settings, or for other tenants, is not there. Raises NotFoundError,
    ForbiddenError, UnavailableError, ExternalRefusedError.
    """
    refuse_inside_transaction()
    database, table = named_in(name)
    to = next((one for one in _of_tenant() if one.name == database), None)
    if to is None or not to.has(table):
        raise NotFoundError(f"no dataset {name[:100]}")
    principal = current_principal()
    if not (principal.may(to.read_scope) or principal.may(to.write_scope)):
        raise ScopeRequiredError(to.read_scope)
    known = tables_of(to).get(table)
    if known is None:
        raise NotFoundError(f"no dataset {name[:100]}")
    return to, known


def readable(name: str) -> tuple[External, Table]:
    """Return a table that whoever acts may export; raises as `found` does."""
    to, table = found(name)
    require(to.read_scope)
    if not to.exports:
        raise InvalidInputError(f"the tables of {to.name} are imported into, and not exported")
    return to, table


def apply(
    name: str, *, batch: str, mode: Mode, rows: Sequence[Row], dry: bool = False
) -> list[RowResult]:
    """Do to rows what is said, and tell what became of each; raises as `found` does."""
    to, table = _writable(name)
    try:
        return apply_batch(to, table, batch=batch, mode=mode, rows=rows, dry=dry)
    except ExternalRefusedError:
        forget(to)
        raise


def undo(name: str, *, batch: str) -> Undone:
    """Let rows read as before a batch; raises as `found` does, and NotFoundError."""
    to, table = _writable(name)
    return undo_batch(to, table, batch=batch)


def states() -> Iterator[tuple[External, dict[str, Table], str]]:
    """Yield each database with its tables as they are now, or why these cannot be told."""
    for to in external_databases().values():
        try:
            yield to, tables_of(to, fresh=True), ""
        except (UnavailableError, ExternalRefusedError) as error:
            yield to, {}, str(error)


def clear_receipts(before: datetime) -> int:
    """Delete receipts of before a moment; return how many."""
    deleted = 0
    for to in external_databases().values():
        if not to.receipts:
            continue
        try:
            deleted += clear(to, before)
        except (UnavailableError, ExternalRefusedError) as error:
            logger.warning("receipts of %s are not cleared: %s", to.name, error)
    return deleted


def _writable(name: str) -> tuple[External, Table]:
    to, table = found(name)
    require(to.write_scope)
    return to, table


def _of_tenant() -> list[External]:
    tenant_id = current_tenant_id()
    return [one for one in external_databases().values() if one.lets(tenant_id)]
