"""Reads for viewer tokens: which one a path names, and the logs that it shows."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from apps.audit.domain.exporting import Told
from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditLog, ViewerToken
from apps.audit.selectors.archived import ArchivedLogs
from apps.audit.selectors.exports import told_of
from apps.audit.selectors.logs import matching
from apps.audit.selectors.subjects import personal_fields, with_personal
from kernel import clock
from kernel.errors import NotFoundError
from kernel.federation.pages import Page
from kernel.federation.windows import Window
from kernel.tenancy.context import in_tenant

NEWEST_FIRST = ("-occurred_at", "-id")
PAGE = 50
#: Logs of a file; who needs more makes an export.
MOST_IN_FILE = 10_000
FILE_PAGE = 500

_signer = Signer(salt="apps.audit.viewers")


def text_of(viewer: ViewerToken) -> str:
    """Return the token as it is given away."""
    return _signer.sign_object([viewer.tenant_id.hex, viewer.pk.hex])


def path_of(viewer: ViewerToken) -> str | None:
    """Return the path of a token's page; None when it opens nothing any more."""
    good = viewer.good_at(clock.now())
    return reverse("audit-viewer", args=[text_of(viewer)]) if good else None


def viewer_of(text: str) -> ViewerToken:
    """Return the token of this text; raises NotFoundError when it opens nothing, or no longer."""
    try:
        tenant_id, token_id = _signer.unsign_object(text)
    except BadSignature:
        raise NotFoundError("this link is none of ours, or not the whole of it") from None
    with in_tenant(UUID(tenant_id)):
        viewer = ViewerToken.objects.filter(pk=UUID(token_id)).first()
    if viewer is None or not viewer.good_at(clock.now()):
        raise NotFoundError("this link has expired or was revoked")
    return viewer


def page_of(query: LogQuery, window: Window, *, hurried: bool = True) -> Page:
    """Return a page of the logs that are looked for, the newest first, archived ones too."""
    archived = ArchivedLogs(query, hurried=hurried)
    return Page(lambda: matching(query), window, NEWEST_FIRST, archived)


def shown(logs: list[AuditLog], *, personal: bool) -> list[dict[str, Any]]:
    """Return what is to be seen of logs: of personal fields only if it may be."""
    fields = personal_fields(logs, shown=personal)
    return [
        {
            "log": log,
            "parts": with_personal(log, fields.get(log.pk, ())),
            "sealed": log.pk in fields,
        }
        for log in logs
    ]


def pages_of_file(query: LogQuery, tenant_id: UUID, *, personal: bool) -> Iterator[list[Told]]:
    """Yield sealed logs for a file, the newest first, at most 10,000."""
    cursor, left = None, MOST_IN_FILE
    while left > 0:
        # Between two pages others do their work, in this very context.
        with in_tenant(tenant_id):
            window = Window(size=min(FILE_PAGE, left), forward=True, cursor=cursor)
            found = page_of(query, window, hurried=False).slice()
            told = told_of(found.rows, personal=personal)
        yield told
        if not found.more:
            return
        left -= len(found.rows)
        cursor = found.cursor(found.rows[-1])
