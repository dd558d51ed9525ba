"""Feature flags as rows for import and export."""

from collections.abc import Sequence

from apps.config.datasets.definitions import (
    DEFINITIONS,
    REASON,
    definitions_of,
    hold_environments,
    publish_changes,
)
from apps.config.models import FeatureFlag, FlagState, FlagType
from apps.config.services.flags import (
    archive_flag,
    create_flag,
    delete_flags,
    unarchive_flag,
    update_flag,
)
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, Key, register
from kernel.datasets.writing import together
from kernel.errors import DomainError, InvalidInputError

_DESCRIBED = ("description", "owner", "tags", "client_visible")

FLAGS = Dataset(
    name="config.flags",
    title="Feature flags",
    description=(
        "Flags with what they do in each environment. An import publishes, so an environment whose"
        " changes are approved of by others refuses it; segments that flags name are there before."
    ),
    key=("key",),
    modes=frozenset(Mode),
    read_scope="config:read",
    write_scope="config:write",
    filters=("type", "owner"),
    most_rows=100,
    fields=(
        Field(name="key", title="Key", required=True, max_length=200),
        Field(name="description", title="Description", max_length=1000),
        Field(name="owner", title="Owner", max_length=200),
        Field(name="tags", title="Tags", description="A list of words.", kind=Kind.JSON),
        Field(
            name="client_visible",
            title="Visible to clients",
            description="Whether keys that anybody can read see its values.",
            kind=Kind.BOOLEAN,
        ),
        Field(
            name="archived",
            title="Archived",
            description="An archived flag is in no environment.",
            kind=Kind.BOOLEAN,
        ),
        DEFINITIONS,
        Field(name="type", title="Type", choices=tuple(FlagType.values), read_only=True),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(flags: Sequence[FeatureFlag]) -> list[Row]:
    definitions = definitions_of(FlagState, "flag_id", [one.pk for one in flags])
    return [
        {
            "id": str(one.pk),
            "key": one.key,
            **{name: getattr(one, name) for name in _DESCRIBED},
            "archived": one.archived_at is not None,
            "definitions": definitions.get(one.pk, {}),
            "type": one.type,
            "created_at": one.created_at.isoformat(),
        }
        for one in flags
    ]


def _find(keys: Sequence[Key]) -> list[Row]:
    hold_environments()
    return rows.find(keys)


def _write(changes: Sequence[Change]) -> None:
    flags = [_described(change) for change in changes]
    publish_changes(list(zip(changes, flags, strict=True)))
    for change, flag in zip(changes, flags, strict=True):
        if change.changed.get("archived"):
            archive_flag(id=str(flag.pk), reason=REASON)


def _described(change: Change) -> FeatureFlag:
    """Make or describe the flag of a row, so that it can be published."""
    row, before, changed = change.row, change.before, change.changed
    whole = {**(before or {}), **row}
    if whole.get("archived") and changed.get("definitions"):
        raise InvalidInputError("an archived flag is in no environment: it has no definitions")
    told = {name: changed[name] for name in _DESCRIBED if name in changed}
    if before is None:
        return create_flag(key=row["key"], **told)
    if told:
        update_flag(id=before["id"], **told)
    if before["archived"] and not whole["archived"]:
        unarchive_flag(id=before["id"])
    return FeatureFlag.objects.get(pk=before["id"])


def _remove(given: Sequence[Row]) -> None:
    for one in delete_flags(ids=[row["id"] for row in given]):
        if isinstance(one, DomainError):
            raise one


rows = Rows(of=FeatureFlag.visible, tell=_tell, order=("key",), key="key")
register(FLAGS, read=rows.read, find=_find, write=together(_write), remove=together(_remove))
