"""The screen of backups: which there are, and what came of restoring them elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from kernel.backup.errors import BackupError, DamagedError
from kernel.backup.sets import Backups, Drill, made_at
from project.backups import backups_here

MOST_SHOWN = 14


class Row(NamedTuple):
    """A backup as the screen shows it."""

    id: str
    at: datetime
    drill: Drill | None
    figures: dict[str, Any]
    #: Why it cannot be read, if so.
    wrong: str

    @property
    def drilled_at(self) -> datetime | None:
        """Return when it was last restored elsewhere."""
        return datetime.fromisoformat(self.drill.at) if self.drill else None


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        rows, wrong = _rows()
        context = site.each_context(request) | {
            "title": "Backups",
            "place": settings.BACKUP_TO,
            "every": settings.BACKUP_EVERY,
            "drill_every": settings.BACKUP_DRILL_EVERY,
            "rows": rows,
            "wrong": wrong,
        }
        return TemplateResponse(request, "kernel/admin/backups.html", context)

    return [path("backups/", site.admin_view(view), name="backups")]


def _rows() -> tuple[Sequence[Row], str]:
    """Return the newest, and what is wrong if they cannot be read."""
    if not settings.BACKUP_TO:
        return [], ""
    try:
        backups = backups_here()
        drills = backups.drills()
        ids = backups.ids()[:MOST_SHOWN]
        return [Row(id_, made_at(id_), drills.get(id_), *_read(backups, id_)) for id_ in ids], ""
    except BackupError as error:
        return [], str(error)
    # Whatever S3 or a folder of another machine answers: this screen is for finding out.
    except Exception as error:  # noqa: BLE001
        return [], f"{settings.BACKUP_TO}: {error}"


def _read(backups: Backups, id_: str) -> tuple[dict[str, Any], str]:
    try:
        return backups.figures(id_), ""
    except DamagedError as error:
        return {}, str(error)
