"""The screen of what was done: charts of our own tables, for those without Grafana."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from kernel.activity.counting import KINDS
from kernel.activity.selectors import SPANS, Step, steps


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("activity.view_activityhour"):
            raise PermissionDenied
        hours = 168 if request.GET.get("hours") == "168" else 24
        seen = [name for name, kind in KINDS.items() if request.user.has_perm(kind.permission)]
        context = site.each_context(request) | {
            "title": "Activity",
            "hours": hours,
            "spans": [(one, f"{one // 24} d" if one > 24 else "24 h") for one in SPANS],
            "charts": [_chart(name, found) for name, found in steps(hours, seen).items()],
        }
        return TemplateResponse(request, "kernel/admin/activity.html", context)

    return [path("activity/", site.admin_view(view), name="activity")]


def _chart(name: str, found: list[Step]) -> dict[str, Any]:
    """Return bars of at most 100, each with its failures at the bottom."""
    largest = max(step.count for step in found) or 1
    total, failed = sum(step.count for step in found), sum(step.failed for step in found)
    timed = sum(step.timed for step in found)
    return {
        "title": KINDS[name].title,
        "bars": [
            {
                "x": 10 * at,
                "step": step,
                "top": 100 - 100 * step.count / largest,
                "height": 100 * (step.count - step.failed) / largest,
                "failed_top": 100 - 100 * step.failed / largest,
                "failed_height": 100 * step.failed / largest,
            }
            for at, step in enumerate(found)
        ],
        "width": 10 * len(found) - 2,
        "total": total,
        "failed": failed,
        "largest": largest,
        "share": 100 * failed / total if total else 0,
        "mean": sum(step.seconds for step in found) / timed if timed else None,
        "outcomes": sorted({outcome for step in found for outcome in step.outcomes}),
    }
