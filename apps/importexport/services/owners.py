"""Who keeps the rows of a dataset that is no table of the tenant's: another app, or a database."""

from apps.importexport.services import externals
from contracts.datasets import Dataset, Mode, Row, RowResult, Undone
from kernel.datasets import client

#: Whoever waits for an answer of an app holds a connection: batches stay well under a second.
MOST_ROWS = 200


def describe(name: str) -> Dataset:
    """Return what a dataset says of itself; raises NotFoundError, ForbiddenError."""
    return externals.describe(name) if externals.is_external(name) else client.describe(name)


def rows_at_once(dataset: Dataset) -> int:
    """Return how many rows one batch has."""
    if externals.is_external(dataset.name):
        return dataset.most_rows
    return min(dataset.most_rows, MOST_ROWS)


def apply(
    name: str, *, batch: str, mode: Mode, rows: list[Row], dry: bool = False
) -> list[RowResult]:
    """Do to rows what is said, and tell what became of each; told twice it is done once."""
    tell = externals.apply if externals.is_external(name) else client.apply
    return tell(name, batch=batch, mode=mode, rows=rows, dry=dry)


def undo(name: str, *, batch: str) -> Undone:
    """Let rows read as before a batch; those that were changed since are kept and told."""
    tell = externals.undo if externals.is_external(name) else client.undo
    return tell(name, batch=batch)


def deletes(name: str) -> bool:
    """Say whether rows that are made in a dataset can be taken back; raises as `describe` does."""
    return not externals.is_external(name) or externals.deletes(name)


def undoes(name: str) -> bool:
    """Say whether what is brought into a dataset can be taken back."""
    return not externals.is_external(name) or externals.keeps_receipts(name)
