"""Templates of messages as rows for import and export, each with what its newest version says."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from apps.notifications.models import NotificationTemplate
from apps.notifications.services.templates import (
    create_template,
    delete_template,
    update_template,
)
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, Refusal, register
from kernel.datasets.writing import one_by_one
from kernel.errors import ConflictError

T = TypeVar("T")

_SAID = ("texts", "default_locale", "sample", "layout")

TEMPLATES = Dataset(
    name="notifications.templates",
    title="Templates of messages",
    description=(
        "What messages say, by channel and locale. A layout is there before what stands in it: of"
        " one batch layouts are written first."
    ),
    key=("name",),
    modes=frozenset(Mode),
    read_scope="notifications:read",
    write_scope="notifications:write",
    # The texts of one may have some hundred kilobytes.
    most_rows=20,
    fields=(
        Field(name="name", title="Name", required=True, max_length=100),
        Field(
            name="texts",
            title="Texts",
            description="By channel, then by locale, as createMessageTemplate takes them.",
            kind=Kind.JSON,
            required=True,
        ),
        Field(name="default_locale", title="Default locale", max_length=35),
        Field(name="sample", title="Sample", kind=Kind.JSON),
        Field(name="is_layout", title="Is a layout", kind=Kind.BOOLEAN),
        Field(name="layout", title="Layout", max_length=100),
        Field(name="number", title="Version", kind=Kind.INTEGER, read_only=True),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(templates: Sequence[NotificationTemplate]) -> list[Row]:
    return [
        {
            "id": str(one.pk),
            "name": one.name,
            **{name: getattr(one, name) for name in _SAID},
            "is_layout": one.is_layout,
            "number": one.number,
            "created_at": one.created_at.isoformat(),
        }
        for one in templates
    ]


def _write(change: Change) -> None:
    told = {name: change.changed[name] for name in _SAID if name in change.changed}
    if change.before is None:
        is_layout = bool(change.row.get("is_layout"))
        create_template(name=change.row["name"], is_layout=is_layout, **told)
        return
    if "is_layout" in change.changed:
        raise ConflictError("a layout stays one, and no template becomes one: take another name")
    if told:
        update_template(id=change.before["id"], **told)


def _delete(row: Row) -> None:
    delete_template(id=row["id"])


def _create_or_update(changes: Sequence[Change]) -> list[Refusal]:
    """Write layouts first, as others may stand in them."""
    return _ordered(changes, _write, by=lambda change: not change.row.get("is_layout"))


def _remove(rows: Sequence[Row]) -> list[Refusal]:
    """Remove layouts last, as those that others stand in stay."""
    return _ordered(rows, _delete, by=lambda row: bool(row["is_layout"]))


def _ordered(
    given: Sequence[T], do: Callable[[T], object], *, by: Callable[[T], bool]
) -> list[Refusal]:
    """Do something with each in the order of `by`, and tell what came of it in that of `given`."""
    order = sorted(range(len(given)), key=lambda at: by(given[at]))
    refusals = dict(zip(order, one_by_one(do)([given[at] for at in order]), strict=True))
    return [refusals[at] for at in range(len(given))]


rows = Rows(of=NotificationTemplate.visible, tell=_tell, order=("name",), key="name")
register(TEMPLATES, read=rows.read, find=rows.find, write=_create_or_update, remove=_remove)
