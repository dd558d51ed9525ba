"""Reads for exports: the logs of one, page by page, and the links by which files are had."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.core.signing import BadSignature, Signer

from apps.audit.domain.exporting import Told
from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditExport, AuditLog, ExportState, Leaf
from apps.audit.selectors.archived import ArchivedLogs
from apps.audit.selectors.integrity import raw
from apps.audit.selectors.logs import matching
from apps.audit.selectors.subjects import PersonalState, personal_fields
from contracts.envelope import Actor
from kernel import clock
from kernel.errors import NotFoundError
from kernel.federation.pages import Page
from kernel.federation.windows import Window
from kernel.tenancy.context import in_tenant

#: In time, which live and archived logs have in common, and for which there is an index.
ORDER = ("occurred_at", "id")
#: Logs of the first page, and of one at most; between them, as many as have about so many bytes.
FIRST_PAGE = 256
MOST_PAGE = 2_048
PAGE_BYTES = 8_000_000
#: For how long a link is good: whoever may see the export gets another at any time.
LINK_LIFETIME = timedelta(minutes=15)

_signer = Signer(salt="apps.audit.exports")


class Link(NamedTuple):
    """What a link says: which export, and who was given it."""

    tenant_id: UUID
    export_id: UUID
    actor_type: str
    actor_id: str


def logs_in(export: AuditExport) -> Iterator[list[Told]]:
    """Yield the logs of an export that has begun, the oldest first, live and archived ones.

    Those whose places in the log were taken when it began: also begun again it has just these.
    """
    query = LogQuery.of(export.query)
    size, cursor = FIRST_PAGE, None
    while True:
        window = Window(size=size, forward=True, cursor=cursor)
        archived = ArchivedLogs(query, hurried=False)
        found = Page(lambda: matching(query), window, ORDER, archived).slice()
        yield told_of(found.rows, personal=export.personal, before=export.log_size)
        if not found.more:
            return
        cursor = found.cursor(found.rows[-1])
        average = sum(len(log.record) for log in found.rows) // len(found.rows) + 1
        size = max(1, min(MOST_PAGE, PAGE_BYTES // average))


def told_of(logs: list[AuditLog], *, personal: bool, before: int | None = None) -> list[Told]:
    """Return logs as they leave; those without a place, or with one from `before` on, do not."""
    leaves = Leaf.objects.filter(pk__in=[log.pk for log in logs])
    if before is not None:
        leaves = leaves.filter(position__lt=before)
    places = dict(leaves.values_list("log_id", "position")) if logs else {}
    fields = personal_fields(logs, shown=True) if personal else {}
    return [
        Told(
            places[log.pk],
            raw(log.record),
            {
                one.pointer: one.value
                for one in fields.get(log.pk, ())
                if one.state is PersonalState.SHOWN
            },
        )
        for log in logs
        if log.pk in places
    ]


def link_to(export: AuditExport, actor: Actor) -> str | None:
    """Return the path of an export's file, signed, for this actor; None when there is no file."""
    if export.state != ExportState.DONE or _is_over(export):
        return None
    until = int((clock.now() + LINK_LIFETIME).timestamp())
    told = [export.tenant_id.hex, export.pk.hex, actor.type, actor.id, until]
    return f"/audit/api/exports/{_signer.sign_object(told)}"


def opened(token: str) -> Link:
    """Return what the end of a link says; raises NotFoundError when it is none, or over."""
    try:
        tenant_id, export_id, actor_type, actor_id, until = _signer.unsign_object(token)
    except BadSignature:
        raise NotFoundError("this link is none of ours, or not the whole of it") from None
    if clock.now() >= datetime.fromtimestamp(until, tz=UTC):
        raise NotFoundError("this link was good until a while ago: ask for `link` again")
    return Link(UUID(tenant_id), UUID(export_id), actor_type, actor_id)


def export_with_file(link: Link) -> AuditExport:
    """Return the export that a link leads to; raises NotFoundError when its file is gone."""
    with in_tenant(link.tenant_id):
        export = AuditExport.objects.filter(pk=link.export_id, state=ExportState.DONE).first()
    if export is None or _is_over(export):
        raise NotFoundError("the file of this export is gone: make another")
    return export


def _is_over(export: AuditExport) -> bool:
    return export.expires_at is not None and export.expires_at <= clock.now()
