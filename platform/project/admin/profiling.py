"""The screen of this process: where its time goes and what its memory holds, when asked."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from contracts.staff import StaffActed
from kernel.events.publishing import publish
from kernel.observability.figures import release
from kernel.profiling.memory import snapshot
from kernel.profiling.sampling import BusyError, Node, Profile, profile, tree

#: What is offered, in seconds.
SECONDS = (5, 10, 30)
#: Functions that are listed.
MOST_FUNCTIONS = 40
#: A function that takes less is no bar of the chart.
LEAST_SHARE = 0.004
#: The chart, in units of its own.
WIDTH, HEIGHT = 1000, 16
#: Letters that fit into a unit of width.
_LETTERS = 0.14


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return _looked(site, request) if request.method == "POST" else _shown(site, request)

    return [path("profile/", site.admin_view(view), name="profile")]


def _looked(site: Any, request: HttpRequest) -> HttpResponse:
    """Look for as long as is asked; who did is on record before anything is shown."""
    of, given = request.POST.get("of", ""), request.POST.get("seconds", "")
    if of not in {"time", "stacks", "memory"} or given not in map(str, SECONDS):
        return _shown(site, request, refused="That is not offered.")
    with transaction.atomic():
        publish(
            StaffActed(
                app="kernel",
                model="Process",
                action="inspect_memory" if of == "memory" else "profile",
                count=1,
                object_ids=(f"{socket.gethostname()}:{os.getpid()}",),
            )
        )
    # Nobody needs a connection while this waits.
    release()
    try:
        if of == "memory":
            return _shown(site, request, memory=snapshot(int(given)))
        found = profile(int(given))
    except BusyError as error:
        return _shown(site, request, refused=f"{str(error).capitalize()}.")
    if of == "stacks":
        return HttpResponse(
            found.collapsed(),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="profile.collapsed.txt"'},
        )
    return _shown(site, request, profile=found)


def _shown(site: Any, request: HttpRequest, **told: Any) -> HttpResponse:
    found: Profile | None = told.get("profile")
    context = site.each_context(request) | {
        "title": "Profile",
        "process": f"{socket.gethostname()}, process {os.getpid()}",
        "services": ", ".join(settings.SERVICES),
        "seconds": SECONDS,
        **told,
        **(_drawn(found) if found else {}),
    }
    return TemplateResponse(request, "kernel/admin/profile.html", context)


def _drawn(found: Profile) -> dict[str, Any]:
    total = max(found.at_work, 1)
    bars = [_bar(*bar, total) for bar in tree(found.stacks).bars(LEAST_SHARE * total)]
    return {
        "bars": bars,
        "width": WIDTH,
        "height": max(bar["y"] for bar in bars) + HEIGHT,
        "functions": [
            {"frame": frame, "own": 100 * own / total, "within": 100 * within / total}
            for frame, own, within in found.functions()[:MOST_FUNCTIONS]
        ],
        "cost": 100 * found.cost_seconds / found.seconds,
        "threads": found.at_work / max(found.looks, 1),
    }


def _bar(node: Node, x: float, deep: int, total: int) -> dict[str, Any]:
    width = WIDTH * node.count / total
    name = node.frame.function.rpartition(".")[2]
    return {
        "x": round(WIDTH * x / total, 2),
        "y": deep * HEIGHT,
        "width": round(width, 2),
        "frame": node.frame,
        "share": 100 * node.count / total,
        "text": name if len(name) <= width * _LETTERS else "",
        "shade": deep % 4,
    }
