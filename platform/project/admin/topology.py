"""The screen of the topology: who serves, how each finds the others, and taking one out."""

from collections.abc import Sequence
from typing import Any, get_args

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from kernel import clock
from kernel.admin import ask_on_screen
from kernel.discovery.leases import LEASE, RENEWED_SECONDS, Lease, RegistryError, leases
from kernel.mesh import standing
from kernel.mesh.commands import BY_CALLERS, Verb, have_done
from kernel.mesh.topology import Place, Standing, Topology
from kernel.observability import health
from kernel.running import this_instance
from kernel.services import BY_NAME
from project.admin.topology_drawing import drawn
from project.version import VERSION

_STARTED = clock.now()
SEES, ACTS = "discovery.view_instance", "discovery.change_instance"


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.has_perm(ACTS if request.method == "POST" else SEES):
            raise PermissionDenied
        return _done(site, request) if request.method == "POST" else _shown(site, request)

    return [path("topology/", site.admin_view(view), name="topology")]


def _shown(site: Any, request: HttpRequest) -> HttpResponse:
    found, wrong = _leases()
    topology = Topology(found)
    user: Any = request.user
    context = {
        "topology": topology,
        "drawing": None if topology.alone() else drawn(topology),
        "wrong": wrong,
        "may_act": user.has_perm(ACTS) and settings.MESH_REGISTRY != "off",
        "at": clock.now(),
        "every": f"{RENEWED_SECONDS:g}",
        "kinds": get_args(Standing),
        "still": "still" in request.GET,
    }
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "kernel/admin/topology_now.html", context)
    context |= site.each_context(request) | {"title": "Topology"}
    return TemplateResponse(request, "kernel/admin/topology.html", context)


def _leases() -> tuple[Sequence[Lease], str]:
    """Return those of all processes, or of this one alone and what is wrong."""
    if settings.MESH_REGISTRY == "off":
        return [_own()], ""
    try:
        return leases().alive(), ""
    except RegistryError as error:
        return [_own()], f"The registry of processes does not answer ({error}): this one is alone."


def _own() -> Lease:
    now = clock.now()
    return Lease(
        id=this_instance(),
        services=tuple(settings.SERVICES),
        url=settings.MESH_ADDRESS or "in process",
        zone=settings.MESH_ZONE,
        version=VERSION,
        state=health.standing(),
        since=_STARTED,
        until=now + LEASE,
        told=standing.told(),
    )


def _done(site: Any, request: HttpRequest) -> HttpResponse:
    """Ask first; a yes has it done in all processes that it concerns, and is on record."""
    url = request.POST.get("url", "")
    verb = next((one for one in get_args(Verb) if one == request.POST.get("verb")), None)
    try:
        topology = Topology(leases().alive() if settings.MESH_REGISTRY != "off" else [])
        place = next((one for one in topology.places if one.url == url), None)
        ids = _concerned(topology, verb, place) if verb and place else []
        if not (verb and place and ids):
            messages.error(request, "Nothing was done: no such process holds a lease any more.")
        elif request.POST.get("confirmed") != "yes":
            return _asked(site, request, verb, place, topology)
        else:
            have_done(verb, ids, url if verb in BY_CALLERS else "")
            who = "one process does" if len(ids) == 1 else f"{len(ids)} processes do"
            messages.success(request, f"{verb.title()} {url}: {who} so in {RENEWED_SECONDS:g} s.")
    except RegistryError as error:
        messages.error(request, f"Nothing was done: the registry does not answer ({error}).")
    return redirect("admin:topology")


def _concerned(topology: Topology, verb: Verb, place: Place) -> list[str]:
    """Return the ids of who has to do it: the process itself, or all that may call it."""
    if verb in BY_CALLERS:
        return [one.id for one in topology.leases]
    # Several may listen at one address.
    return [one.id for one in topology.leases if one.url == place.url]


def _asked(
    site: Any, request: HttpRequest, verb: Verb, place: Place, topology: Topology
) -> HttpResponse:
    asks, causes = _CAUSES[verb]
    return ask_on_screen(
        site,
        request,
        asks=asks.format(url=place.url),
        causes=[*causes, *_if_last(topology, verb, place)],
        hidden={"verb": verb, "url": place.url},
        yes=f"Yes, {verb} it",
    )


def _if_last(topology: Topology, verb: Verb, place: Place) -> list[str]:
    """Say what comes of it where nobody else is well."""
    others = [one for one in topology.places if one is not place and one.standing != "out"]
    left = {name for one in others for name in one.services}
    alone = [BY_NAME[name].title for name in place.services if name not in left]
    if verb not in {"drain", "eject"} or not alone:
        return []
    told = f"nobody else is well that serves {', '.join(alone)}"
    edge = ["from outside nobody is reached"] if verb == "drain" else []
    return [f"{told}: others go on asking it, as any is better than none", *edge]


_CAUSES: dict[Verb, tuple[str, list[str]]] = {
    "drain": (
        "Take {url} out of service?",
        [
            "it tells probes and other processes: within seconds nothing new is sent to it",
            "it goes on running, and ends what it has begun; Take puts it back",
        ],
    ),
    "take": (
        "Put {url} back into service?",
        ["it is ready again, and is sent work within seconds"],
    ),
    "eject": (
        "Have all processes leave {url} out?",
        [
            "no process sends it anything any more, those that begin later neither",
            "it hears nothing of that itself, so this works for one that hangs, too",
            "the edge and the gateway go on sending to it: drain it, where it still listens",
            "this lasts until you reset it",
        ],
    ),
    "reset": (
        "Forget what is held against {url}?",
        [
            "all processes ask it again as one that they do not know",
            "it is ejected no more, by staff or otherwise; breakers of its services close",
            "if it still fails, callers notice, until it is ejected after five failures",
        ],
    ),
}
