"""Datasets of this process: read in pages, and changed in batches that are applied once."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction

from contracts.datasets import (
    Brought,
    Dataset,
    Field,
    Mode,
    Page,
    Row,
    RowResult,
    Undone,
    Wanted,
)
from kernel import clock
from kernel.datasets.applying import Image, applied, standing, undone
from kernel.datasets.checking import MASKED, is_moment, is_of, parsed
from kernel.datasets.models import AppliedBatch
from kernel.datasets.registry import Registered, datasets_of, key_field, registered
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PayloadTooLargeError,
)
from kernel.faults import fault_point
from kernel.idempotency.services import take
from kernel.tenancy.context import Principal, ScopeRequiredError, current_principal, require

#: Of the rows of a batch, as JSON.
MOST_BYTES = 8_000_000
MOST_PLACE = 1_000
_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,200}")


def reachable(service: str) -> list[Dataset]:
    """Return the datasets of an app that whoever acts may read or write."""
    principal = current_principal()
    return [one.dataset for one in datasets_of(service) if _reaches(principal, one.dataset)]


def described(name: str) -> Dataset:
    """Return what a dataset says of itself; raises NotFoundError, ForbiddenError."""
    dataset = registered(name).dataset
    if not _reaches(current_principal(), dataset):
        raise ScopeRequiredError(dataset.read_scope)
    return dataset


def read_page(name: str, wanted: Wanted) -> Page:
    """Return a page of the rows that whoever acts may see, masked where that takes a scope.

    It has no more rows than the dataset lets, however many are asked for. Raises NotFoundError,
    ForbiddenError, and InvalidInputError for what the dataset does not name.
    """
    found = registered(name)
    principal = require(found.dataset.read_scope)
    page = found.read(_checked(found.dataset, wanted, principal))
    columns = wanted.columns or tuple(one.name for one in found.dataset.fields)
    fields = [one for one in found.dataset.fields if one.name in columns]
    return Page(rows=_shown(fields, page.rows, principal), next=page.next)


def known_keys(name: str, values: Sequence[Any]) -> list[Any]:
    """Return those of these values of the key that rows have which whoever acts may see.

    Raises as `read_page` does, InvalidInputError for a dataset whose rows are not found by one
    field, and LimitExceededError.
    """
    found = registered(name)
    principal = require(found.dataset.read_scope)
    field = key_field(found)
    if _hides(field, principal):
        raise ScopeRequiredError(field.masked_without)
    most = found.dataset.most_rows
    if not 1 <= len(values) <= most:
        raise LimitExceededError(f"1 to {most} keys of {name} are asked for, found {len(values)}")
    # A value of another kind is the key of none.
    wanted = [(value,) for value in values if is_of(field, value)]
    with transaction.atomic():
        rows = found.find(wanted)
    return list(dict.fromkeys(row[field.name] for row in rows))


def apply_batch(
    name: str, *, batch: str, mode: Mode, rows: Sequence[Row], dry: bool = False
) -> list[RowResult]:
    """Do to rows what is said, and tell what became of each; told twice it is done once.

    A row that is refused does not keep the others. A dry run tells the same and changes nothing.
    Raises ConflictError where this batch was something else, IdempotencyInProgressError while it
    is being applied, and what asking for too much, or without the scope, raises.
    """
    found = _writable(name)
    if mode not in found.dataset.modes:
        able = ", ".join(sorted(found.dataset.modes))
        raise InvalidInputError(f"{name} can be changed by {able}, not by {mode}")
    most = found.dataset.most_rows
    if not 1 <= len(rows) <= most:
        raise LimitExceededError(f"a batch of {name} has 1 to {most} rows, found {len(rows)}")
    content = _written({"mode": mode, "rows": rows}).encode()
    if len(content) > MOST_BYTES:
        raise PayloadTooLargeError(f"a batch has at most {MOST_BYTES} bytes of rows")
    if dry:
        with transaction.atomic():
            results, _ = applied(found, mode, rows)
            transaction.set_rollback(True)
        return results
    receipt = AppliedBatch(
        dataset=name,
        key=_checked_key(batch),
        mode=mode,
        content_sha256=hashlib.sha256(content).digest(),
    )
    # First a look that takes no lock.
    done = _earlier(receipt) or _applied(found, receipt, rows)
    fault_point("dataset-batch-applied")
    if bytes(done.content_sha256) != receipt.content_sha256:
        raise ConflictError(f"the batch {batch} of {name} had other rows: take another key")
    return [RowResult.of(one) for one in json.loads(done.results)]


@transaction.atomic
def undo_batch(name: str, *, batch: str) -> Undone:
    """Let the rows of a batch read as before it, but those that were changed since.

    Told twice it is done once. Raises NotFoundError for a batch of which nothing is known any more.
    """
    found = _writable(name)
    rows = AppliedBatch.objects.select_for_update()
    receipt = rows.filter(dataset=name, key=_checked_key(batch)).first()
    if receipt is None:
        raise _unknown(name, batch)
    if receipt.undone_at is not None:
        return Undone.of(json.loads(receipt.undone))
    done = undone(found, [Image.of(one) for one in json.loads(receipt.images)])
    receipt.undone_at, receipt.undone = clock.now(), _written(asdict(done))
    receipt.save(update_fields=["undone_at", "undone"])
    fault_point("dataset-batch-undone")
    return done


@transaction.atomic
def read_batch(name: str, *, batch: str) -> Brought:
    """Return the rows of a batch that nobody has changed since, as whoever acts may see them.

    Raises NotFoundError for a batch of which nothing is known any more, and ForbiddenError.
    """
    found = registered(name)
    principal = require(found.dataset.read_scope)
    receipt = AppliedBatch.objects.filter(dataset=name, key=_checked_key(batch)).first()
    if receipt is None:
        raise _unknown(name, batch)
    images = [Image.of(one) for one in json.loads(receipt.images)]
    rows = standing(found, images)
    return Brought(rows=_shown(found.dataset.fields, rows, principal), changed=len(images))


@transaction.atomic
def _applied(found: Registered, receipt: AppliedBatch, rows: Sequence[Row]) -> AppliedBatch:
    """Take the key and apply the rows, or return the batch that had it first."""
    take(receipt, key=receipt.key)
    earlier = _earlier(receipt)
    if earlier is not None:
        return earlier
    results, images = applied(found, Mode(receipt.mode), rows)
    receipt.results = _written([asdict(one) for one in results])
    receipt.images = _written([one.told() for one in images])
    receipt.save(update_fields=["results", "images"])
    fault_point("dataset-batch-written")
    return receipt


def _shown(fields: Sequence[Field], rows: Sequence[Row], principal: Principal) -> list[Row]:
    """Return these fields of rows, masked where that takes a scope that whoever acts has not."""
    masked = {one.name for one in fields if _hides(one, principal)}
    return [
        {
            one.name: MASKED if one.name in masked and row[one.name] is not None else row[one.name]
            for one in fields
        }
        for row in rows
    ]


def _writable(name: str) -> Registered:
    """Return a dataset that whoever acts may change."""
    found = registered(name)
    if not found.dataset.modes:
        raise InvalidInputError(f"{name} is exported, and nothing is imported into it")
    require(found.dataset.write_scope)
    return found


def _unknown(name: str, batch: str) -> NotFoundError:
    return NotFoundError(f"no batch {batch} of {name} is known, or not any more")


def _earlier(receipt: AppliedBatch) -> AppliedBatch | None:
    """Return the batch that was first under this key, if it has ended."""
    known = AppliedBatch.objects.filter(dataset=receipt.dataset, key=receipt.key)
    return known.exclude(pk=receipt.pk).first()


def _checked(dataset: Dataset, wanted: Wanted, principal: Principal) -> Wanted:
    """Return what is wanted as the owner reads it, with filters as values of their fields."""
    if wanted.limit < 1:
        raise InvalidInputError(f"a page has 1 row at least, found {wanted.limit}")
    if len(wanted.after) > MOST_PLACE:
        raise InvalidInputError(f"a place has at most {MOST_PLACE} characters")
    for name in wanted.columns:
        if dataset.field(name) is None:
            raise InvalidInputError(f"{dataset.name} has no field {name[:60]!r}")
    filters = {}
    for name, value in wanted.filters.items():
        field = dataset.field(name)
        if field is None or name not in dataset.filters:
            able = ", ".join(dataset.filters) or "nothing"
            raise InvalidInputError(f"{dataset.name} is filtered by {able}, not by {name[:60]!r}")
        if _hides(field, principal):
            raise ScopeRequiredError(field.masked_without)
        filters[name] = parsed(field, value)
    for moment in filter(None, (wanted.since, wanted.until)):
        if not dataset.cursor:
            raise InvalidInputError(f"{dataset.name} does not grow by a time")
        _check_moment(moment)
    return replace(wanted, filters=filters, limit=min(wanted.limit, dataset.most_rows))


def _check_moment(text: str) -> None:
    try:
        good = is_moment(text)
    except ValueError:
        good = False
    if not good:
        raise InvalidInputError(f"a time is ISO 8601 with its zone, found {text[:40]!r}")


def _checked_key(batch: str) -> str:
    if not _KEY.fullmatch(batch):
        raise InvalidInputError("the key of a batch is 1 to 200 of A-Z, a-z, 0-9 and ._:~-")
    return batch


def _reaches(principal: Principal, dataset: Dataset) -> bool:
    can_write = bool(dataset.write_scope) and principal.may(dataset.write_scope)
    return can_write or principal.may(dataset.read_scope)


def _hides(field: Field, principal: Principal) -> bool:
    return bool(field.masked_without) and not principal.may(field.masked_without)


def _written(value: Any) -> str:
    """Return JSON in which numbers of any length stay what they are."""
    return json.dumps(value, separators=(",", ":"))
