"""A dataset for tests, of rows that every process has: requests under idempotency keys."""

from collections.abc import Sequence

from django.conf import settings

from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change
from kernel.errors import ConflictError, InvalidInputError
from kernel.idempotency.models import KeyedRequest

SERVICE = settings.SERVICES[0]
NAME = f"{SERVICE}.notes"
READ, WRITE, PERSONAL = "notes:read", "notes:write", "notes:personal"

NOTES = Dataset(
    name=NAME,
    title="Notes",
    key=("key",),
    modes=frozenset(Mode),
    read_scope=READ,
    write_scope=WRITE,
    filters=("text", "starred", "author"),
    cursor="created_at",
    most_rows=50,
    fields=(
        Field(name="key", required=True, max_length=50),
        Field(name="text", required=True),
        Field(name="author", masked_without=PERSONAL),
        Field(name="starred", kind=Kind.BOOLEAN),
        Field(name="created_at", kind=Kind.DATETIME, read_only=True),
    ),
)


def tell(found: Sequence[KeyedRequest]) -> list[Row]:
    return [
        {
            "pk": one.pk,
            "key": one.key,
            "text": one.operation,
            "author": one.principal,
            "starred": one.outcome.get("starred", False),
            "created_at": one.created_at.isoformat(),
        }
        for one in found
    ]


def write(change: Change) -> None:
    """Write a note; one that is bad is refused when half of it is stored."""
    row = {"author": "", "starred": False, **(change.before or {}), **change.row}
    note = KeyedRequest.objects.filter(key=row["key"]).first() or KeyedRequest(key=row["key"])
    note.operation, note.principal = row["text"], row["author"]
    note.outcome, note.request_sha256 = {"starred": row["starred"]}, b""
    note.save()
    if row["text"] == "bad":
        raise InvalidInputError("nobody may write this")


def remove(row: Row) -> None:
    if row["text"] == "stays":
        raise ConflictError("it stays")
    KeyedRequest.objects.filter(pk=row["pk"]).delete()


rows = Rows(
    of=KeyedRequest.objects.all,
    tell=tell,
    order=("key", "id"),
    key="key",
    lookups={"text": "operation", "starred": "outcome__starred", "author": "principal"},
    grows="created_at",
)


def stored() -> dict[str, str]:
    """Return the text of each note of the tenant, by its key."""
    return dict(KeyedRequest.objects.order_by("key").values_list("key", "operation"))
