"""Segments as rows for import and export."""

from collections.abc import Sequence

from apps.config.datasets.definitions import (
    DEFINITIONS,
    definitions_of,
    hold_environments,
    publish_changes,
)
from apps.config.models import Segment, SegmentState
from apps.config.services.segments import create_segment, delete_segments, update_segment
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, Key, register
from kernel.datasets.writing import together
from kernel.errors import DomainError

_DESCRIBED = ("name", "description")

SEGMENTS = Dataset(
    name="config.segments",
    title="Segments",
    description=(
        "Some of those whom flags are evaluated for, with their members and rules in each"
        " environment. An import publishes, as one of flags does."
    ),
    key=("key",),
    modes=frozenset(Mode),
    read_scope="config:read",
    write_scope="config:write",
    # One may list a hundred thousand members.
    most_rows=20,
    fields=(
        Field(name="key", title="Key", required=True, max_length=200),
        Field(name="name", title="Name", max_length=200),
        Field(name="description", title="Description", max_length=1000),
        DEFINITIONS,
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(segments: Sequence[Segment]) -> list[Row]:
    definitions = definitions_of(SegmentState, "segment_id", [one.pk for one in segments])
    return [
        {
            "id": str(one.pk),
            "key": one.key,
            **{name: getattr(one, name) for name in _DESCRIBED},
            "definitions": definitions.get(one.pk, {}),
            "created_at": one.created_at.isoformat(),
        }
        for one in segments
    ]


def _find(keys: Sequence[Key]) -> list[Row]:
    hold_environments()
    return rows.find(keys)


def _write(changes: Sequence[Change]) -> None:
    publish_changes([(change, _described(change)) for change in changes])


def _described(change: Change) -> Segment:
    """Make or describe the segment of a row, so that it can be published."""
    told = {name: change.changed[name] for name in _DESCRIBED if name in change.changed}
    if change.before is None:
        return create_segment(key=change.row["key"], **told)
    if told:
        return update_segment(id=change.before["id"], **told)
    return Segment.objects.get(pk=change.before["id"])


def _remove(given: Sequence[Row]) -> None:
    for one in delete_segments(ids=[row["id"] for row in given]):
        if isinstance(one, DomainError):
            raise one


rows = Rows(of=Segment.visible, tell=_tell, order=("key",), key="key")
register(SEGMENTS, read=rows.read, find=_find, write=together(_write), remove=together(_remove))
