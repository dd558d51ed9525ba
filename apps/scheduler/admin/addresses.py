"""Addresses of a schedule to copy: of its badge, and where its job tells that it ran."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.scheduler.admin.sights import context_of
from apps.scheduler.models import JobSchedule, TargetKind
from apps.scheduler.services.badges import badge_path
from apps.scheduler.services.pings import ping_path

_CURL = "curl -fsS -m 10 --retry 5 -o /dev/null"


def addresses_page(page: Any, request: HttpRequest, row: JobSchedule) -> HttpResponse:
    """Answer with examples that are ready to be copied."""
    badge = request.build_absolute_uri(badge_path(row))
    ping = ""
    if row.target_kind == TargetKind.PING:
        ping = request.build_absolute_uri(ping_path(row))
    context = context_of(
        page,
        request,
        f"Addresses of {row.name}",
        row=row,
        pings=_pings(row, ping) if ping else [],
        badge=badge,
        badges=_badges(row, badge),
    )
    return TemplateResponse(request, "scheduler/addresses.html", context)


def _pings(row: JobSchedule, ping: str) -> list[tuple[str, str]]:
    cron = row.cron or "30 1 * * *"
    return [
        ("The job has run", ping),
        ("It has failed", f"{ping}/fail"),
        ("In a crontab", f"{cron}  /usr/local/bin/backup.sh && {_CURL} {ping}"),
        (
            "In a shell, failures as well",
            f'/usr/local/bin/backup.sh && {_CURL} "{ping}" || {_CURL} "{ping}/fail"',
        ),
        ("In Python", f'urllib.request.urlopen("{ping}", timeout=10)'),
        ("In PowerShell", f'Invoke-RestMethod -TimeoutSec 10 "{ping}"'),
    ]


def _badges(row: JobSchedule, badge: str) -> list[tuple[str, str]]:
    words = "".join(letter for letter in row.name if letter.isalnum() or letter in " -_.")
    return [
        ("The picture", badge),
        ("In Markdown", f"![{words}]({badge})"),
        ("In HTML", f'<img src="{badge}" alt="{words}">'),
    ]
