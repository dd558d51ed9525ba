"""Reads of archived logs of the current tenant: by id, by position, and as a page of a search."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet, Sum

from apps.audit.adapters.columns import Group, Row, Sought
from apps.audit.adapters.stores import stored_file
from apps.audit.domain.archives import columns_of
from apps.audit.domain.canonical import canonical
from apps.audit.domain.queries import LogQuery
from apps.audit.models import Archive, ArchiveState, AuditLog
from kernel.federation.deadline import OperationTimeoutError

if TYPE_CHECKING:
    from apps.audit.adapters.parquet import Reader

#: Whose logs may be in the file and nowhere else. Of one that is verified all are in the database.
SEARCHED = (
    ArchiveState.REMOVING,
    ArchiveState.ARCHIVED,
    ArchiveState.RESTORING,
    ArchiveState.RESTORED,
)
#: What of a search the columns of a file tell in full.
TOLD_BY_COLUMNS = {"occurred_from", "occurred_before", "actions", "actor_id", "text"}
#: How long one search may read; ids of one question to the database.
LONGEST_SEARCH = 5.0
ASKED_AT_ONCE = 500


class Place(NamedTuple):
    """Where a log stands in the order by time."""

    occurred_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """A log that is sought, and where it is."""

    place: Place
    archive: Archive
    group: Group
    row: int


def archives() -> QuerySet[Archive]:
    """Return the archives in which logs are looked for."""
    return Archive.objects.filter(state__in=SEARCHED)


def reader_of(archive: Archive) -> "Reader":
    """Open an archive."""
    return stored_file(archive.file_key, archive.size_bytes)


def log_of(row: Row) -> AuditLog:
    """Return an archived log as it was in the database."""
    told = columns_of(row.record) | {"words": row.words, "record": row.record}
    columns = AuditLog._meta.concrete_fields  # noqa: SLF001  what Django documents of it
    names = [one.attname for one in columns if one.attname in told]
    return AuditLog.from_db(DEFAULT_DB_ALIAS, names, [told[name] for name in names])


def rows_by_id(log_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Return those of these logs that are in an archive; one that was let go has no record."""
    wanted = sorted(set(log_ids))
    found: dict[UUID, Row] = {}
    if not wanted:
        return found
    overlapping = archives().filter(first_id__lte=wanted[-1], last_id__gte=wanted[0])
    for archive in overlapping.order_by("first_id"):
        reader = reader_of(archive)
        for group in reader.groups:
            within = {one for one in wanted if group.first_id <= one <= group.last_id}
            if within - found.keys():
                places = [at for at, one in enumerate(reader.ids(group)) if one in within]
                found |= {row.id: row for row in reader.rows(group, places)}
    return found


def rows_in_archives() -> Iterator[list[Row]]:
    """Yield all rows of archives that have records, some at a time, the oldest archive first."""
    for archive in archives().filter(has_records=True).order_by("first_id"):
        reader = reader_of(archive)
        for group in reader.groups:
            rows = reader.rows(group)
            for start in range(0, len(rows), ASKED_AT_ONCE):
                yield rows[start : start + ASKED_AT_ONCE]


def logs_in_archives_alone() -> int:
    """Return how many logs with records are in archives and no longer, or not again, in the table.

    While an archive is emptied or restored its logs are in both, and none of them is counted.
    """
    alone = Archive.objects.filter(state=ArchiveState.ARCHIVED, has_records=True)
    return alone.aggregate(logs=Sum("logs"))["logs"] or 0


def logs_by_id(log_ids: Iterable[UUID]) -> dict[UUID, AuditLog]:
    """Return those of these logs that are in an archive with their records."""
    return {id_: log_of(row) for id_, row in rows_by_id(log_ids).items() if row.record}


class ArchiveSearch:
    """One search over the archives of the current tenant, which their manifests narrow.

    Raises OperationTimeoutError when it reads for too long.
    """

    def __init__(
        self, query: LogQuery, archives: Sequence[Archive] | None = None, *, hurried: bool = True
    ) -> None:
        self._query = query
        self._sought = _sought(query)
        # Work of our own, which names its archives, may take its time.
        in_time = hurried and not archives
        self._until = monotonic() + LONGEST_SEARCH if in_time else float("inf")
        self._archives = _overlapping(query) if archives is None else archives

    def page(self, after: Place | None, most: int, *, descending: bool) -> list[AuditLog]:
        """Return the first logs behind a place in the order by time and id."""
        best: list[Found] = []
        for archive, group in self._groups(descending=descending):
            edge = group.occurred_to if descending else group.occurred_from
            if len(best) == most and _beyond(edge, best[-1].place.occurred_at, descending):
                break
            best += [
                one
                for one in self._matching(archive, reader_of(archive), group)
                if after is None or (one.place < after if descending else one.place > after)
            ]
            best.sort(key=lambda one: one.place, reverse=descending)
            best = _unique(best)[:most]
        return self._read(best)

    def count(self) -> int:
        """Return how many logs there are that are in no place but an archive."""
        total = 0
        for archive in self._archives:
            alone = archive.state == ArchiveState.ARCHIVED
            if alone and self._all_of(archive.occurred_from, archive.occurred_to):
                total += archive.logs
                continue
            reader = reader_of(archive)
            for group in reader.groups:
                if alone and self._all_of(group.occurred_from, group.occurred_to):
                    total += group.logs
                elif self._may_have(group):
                    ids = [one.place.id for one in self._matching(archive, reader, group)]
                    total += len(ids) if alone else len(ids) - _live(ids)
        return total

    def has(self, also: LogQuery) -> bool:
        """Say whether one of the logs that are sought is one of another question, too."""
        for archive, group in self._groups(descending=True):
            reader = reader_of(archive)
            found = self._matching(archive, reader, group)
            for start in range(0, len(found), ASKED_AT_ONCE):
                places = [one.row for one in found[start : start + ASKED_AT_ONCE]]
                if any(also.matches(log_of(row)) for row in reader.rows(group, places)):
                    return True
        return False

    def _groups(self, *, descending: bool) -> list[tuple[Archive, Group]]:
        """Return groups that may have some, those first that reach furthest to the beginning."""
        some = [
            (archive, group)
            for archive in self._archives
            for group in reader_of(archive).groups
            if self._may_have(group)
        ]
        if descending:
            return sorted(some, key=lambda one: one[1].occurred_to, reverse=True)
        return sorted(some, key=lambda one: one[1].occurred_from)

    def _may_have(self, group: Group) -> bool:
        first, before = self._query.occurred_from, self._query.occurred_before
        return (first is None or group.occurred_to >= first) and (
            before is None or group.occurred_from < before
        )

    def _matching(self, archive: Archive, reader: "Reader", group: Group) -> list[Found]:
        if monotonic() > self._until:
            raise OperationTimeoutError(
                f"archived logs were searched for {LONGEST_SEARCH:g} s: narrow it by time"
            )
        found = [
            Found(Place(moment, id_), archive, group, row)
            for moment, id_, row in reader.found(group, self._sought)
        ]
        if not found or not self._query.told().keys() - TOLD_BY_COLUMNS:
            return found
        rows = reader.rows(group, [one.row for one in found])
        pairs = zip(found, rows, strict=True)
        return [one for one, row in pairs if self._query.matches(log_of(row))]

    def _read(self, found: Sequence[Found]) -> list[AuditLog]:
        wanted: dict[tuple[UUID, int], list[Found]] = {}
        for one in found:
            wanted.setdefault((one.archive.pk, one.group.number), []).append(one)
        logs: dict[UUID, AuditLog] = {}
        for some in wanted.values():
            rows = reader_of(some[0].archive).rows(some[0].group, [one.row for one in some])
            logs |= {row.id: log_of(row) for row in rows}
        return [logs[one.place.id] for one in found]

    def _all_of(self, first: datetime | None, last: datetime | None) -> bool:
        """Say whether all logs between two moments are sought."""
        query = self._query
        if (
            first is None
            or last is None
            or query.told().keys() - {"occurred_from", "occurred_before"}
        ):
            return False
        return (query.occurred_from is None or first >= query.occurred_from) and (
            query.occurred_before is None or last < query.occurred_before
        )


class ArchivedLogs:
    """The archived logs that a filter finds, as the pages of a list take them up.

    Nobody waits for a list that is not `hurried`: each of its pages takes the time that it takes.
    """

    model = AuditLog

    def __init__(self, query: LogQuery, *, hurried: bool = True) -> None:
        self._query = query
        self._hurried = hurried

    def rows(
        self, order: Sequence[str], place: Sequence[Any], most: int, last: Any
    ) -> list[AuditLog]:
        """Return the first logs behind a place, none beyond the log `last`."""
        descending = order[0].startswith("-")
        after = Place(*place) if place else None
        until = last.occurred_at if last is not None else None
        start = after.occurred_at if after else None
        earliest, latest = (until, start) if descending else (start, until)
        within = _within(self._query, earliest, latest)
        search = ArchiveSearch(within, hurried=self._hurried)
        return search.page(after, most, descending=descending)

    def count(self) -> int:
        """Return how many there are."""
        return ArchiveSearch(self._query).count()


def _overlapping(query: LogQuery) -> list[Archive]:
    within = Q(has_records=True)
    if query.occurred_from is not None:
        within &= Q(occurred_to__gte=query.occurred_from)
    if query.occurred_before is not None:
        within &= Q(occurred_from__lt=query.occurred_before)
    return list(archives().filter(within))


def _within(query: LogQuery, earliest: datetime | None, latest: datetime | None) -> LogQuery:
    """Narrow a search to what is between two moments, both included."""
    if earliest is not None:
        first = max(earliest, query.occurred_from or earliest)
        query = replace(query, occurred_from=first)
    if latest is not None:
        before = latest + timedelta(microseconds=1)
        query = replace(query, occurred_before=min(before, query.occurred_before or before))
    return query


def _sought(query: LogQuery) -> Sought:
    told = (
        query.actor_type,
        query.actor_name,
        query.target_type,
        query.target_id,
        query.ip_address,
        query.request_id,
    )
    return Sought(
        occurred_from=query.occurred_from,
        occurred_before=query.occurred_before,
        actions=query.actions,
        actor_id=query.actor_id,
        tokens=query.terms.asked,
        parts=query.parts,
        # As canonical JSON has it; who has the same text elsewhere is sorted out afterwards.
        inside=[canonical(text).decode() for text in told if text],
    )


def _beyond(edge: datetime, last: datetime, descending: bool) -> bool:
    return edge < last if descending else edge > last


def _unique(found: list[Found]) -> list[Found]:
    # Made twice under one policy and then another, a log may be in two archives.
    return list({one.place.id: one for one in found}.values())


def _live(ids: Sequence[UUID]) -> int:
    return sum(
        AuditLog.objects.filter(pk__in=ids[start : start + ASKED_AT_ONCE]).count()
        for start in range(0, len(ids), ASKED_AT_ONCE)
    )
