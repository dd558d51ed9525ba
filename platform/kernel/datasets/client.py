"""Datasets of any service: by a call in this process where it is served here, else over HTTP.

Whoever calls acts as they do here, and is answered alike both ways, errors by their codes. None of
this is called in a transaction: a slow neighbour must not hold our locks.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from contracts.datasets import Brought, Dataset, Mode, Page, Row, RowResult, Undone, Wanted
from kernel.datasets import services
from kernel.datasets.registry import EVERYWHERE
from kernel.errors import NotFoundError, UnavailableError
from kernel.mesh.answers import answer_of, here_or_there
from kernel.mesh.calling import call
from kernel.mesh.client import refuse_inside_transaction
from kernel.services import BY_NAME
from kernel.tenancy.context import current_principal

#: How long one call may take, connecting included; a batch may have hundreds of rows.
DEADLINE_SECONDS = 30.0
T = TypeVar("T")


def all_datasets() -> list[Dataset]:
    """Return those of all services that whoever acts may read or write."""
    return [one for service in (*BY_NAME, EVERYWHERE) for one in _of(service)]


def describe(name: str) -> Dataset:
    """Return what a dataset says of itself; raises NotFoundError, ForbiddenError."""
    service = _service(name)
    return _asked_of(
        service,
        lambda: services.described(name),
        lambda: _dataset(_get(service, quote(name))),
    )


def read(name: str, wanted: Wanted) -> Page:
    """Return a page of rows."""
    service = _service(name)
    asked = {name: _text(value) for name, value in wanted.filters.items()}
    asked |= {"limit": str(wanted.limit), "columns": ",".join(wanted.columns)}
    asked |= {"after": wanted.after, "since": wanted.since, "until": wanted.until}
    given = urlencode({name: text for name, text in asked.items() if text})
    return _asked_of(
        service,
        lambda: services.read_page(name, wanted),
        lambda: Page(**_get(service, f"{quote(name)}/rows?{given}")),
    )


def known(name: str, values: Sequence[Any]) -> set[Any]:
    """Return those of these values of the key that rows of a dataset have, as JSON tells them.

    Asks for as many as the dataset takes at once. Raises as `describe` does, and InvalidInputError
    for a dataset whose rows are not found by one field.
    """
    most = describe(name).most_rows
    some = (values[at : at + most] for at in range(0, len(values), most))
    return {value for those in some for value in _known(name, those)}


def apply(
    name: str, *, batch: str, mode: Mode, rows: Sequence[Row], dry: bool = False
) -> list[RowResult]:
    """Do to rows what is said, and tell what became of each; told twice it is done once."""
    service = _service(name)
    sent = {"mode": mode, "rows": rows, "dry": dry}
    return _asked_of(
        service,
        lambda: services.apply_batch(name, batch=batch, mode=mode, rows=rows, dry=dry),
        lambda: [
            RowResult.of(one)
            for one in _post(service, f"{quote(name)}/batches", sent, batch)["results"]
        ],
    )


def undo(name: str, *, batch: str) -> Undone:
    """Let the rows of a batch read as before it; those that were changed since are kept and told.

    Told twice it is done once.
    """
    service = _service(name)
    path = f"{quote(name)}/batches/{quote(batch, safe='')}/undo"
    return _asked_of(
        service,
        lambda: services.undo_batch(name, batch=batch),
        lambda: Undone.of(_post(service, path, {}, batch)),
    )


def read_batch(name: str, *, batch: str) -> Brought:
    """Return the rows of a batch that nobody has changed since."""
    service = _service(name)
    path = f"{quote(name)}/batches/{quote(batch, safe='')}/rows"
    return _asked_of(
        service,
        lambda: services.read_batch(name, batch=batch),
        lambda: Brought(**_get(service, path)),
    )


def _known(name: str, values: Sequence[Any]) -> list[Any]:
    service = _service(name)
    sent = {"values": values}
    return _asked_of(
        service,
        lambda: services.known_keys(name, values),
        lambda: list(_post(service, f"{quote(name)}/known", sent)["known"]),
    )


def _of(service: str) -> list[Dataset]:
    return _asked_of(
        service,
        lambda: services.reachable(service),
        lambda: [_dataset(one) for one in _get(service, "")["datasets"]],
    )


def _asked_of(service: str, here: Callable[[], T], there: Callable[[], T]) -> T:
    """Ask in this process where the dataset is served here, and never in a transaction."""
    if service != EVERYWHERE:
        return here_or_there(service, here, there)
    refuse_inside_transaction()
    return here()


def _service(name: str) -> str:
    """Return whose a dataset is; raises NotFoundError for what is nobody's."""
    service = name.partition(".")[0]
    if service not in BY_NAME and service != EVERYWHERE:
        raise NotFoundError(f"no dataset {name[:100]}")
    return service


def _get(service: str, path: str) -> Any:
    return _asked(service, "GET", path, b"", {})


def _post(service: str, path: str, told: Mapping[str, Any], batch: str = "") -> Any:
    headers = {"Idempotency-Key": batch} if batch else {}
    return _asked(service, "POST", path, json.dumps(told).encode(), headers)


def _asked(service: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """Return the answer of a service; without one it is asked once more: all may be told twice."""

    def once() -> Any:
        called = call(
            service,
            method,
            f"/{service}/api/datasets/{path}",
            principal=current_principal(),
            seconds=DEADLINE_SECONDS,
            body=body,
            headers=headers,
        )
        return answer_of(service, called)

    with suppress(UnavailableError):
        return once()
    return once()


def _dataset(told: Mapping[str, Any]) -> Dataset:
    own = {name: value for name, value in told.items() if name not in ("readable", "writable")}
    return Dataset.of(own)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
