"""`manage.py mesh`: which processes serve, how each finds the others, and what they are to do."""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contracts.envelope import Actor
from kernel.discovery.leases import RENEWED_SECONDS, Lease, RegistryError, leases
from kernel.events.actors import acting
from kernel.mesh.commands import BY_CALLERS, Verb, have_done

_ALL = "all"


class Command(BaseCommand):
    """Tell of the processes that hold a lease, or have one of them do something."""

    help = "Tell which processes serve and how they find each other; take one out of service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb",
            nargs="?",
            choices=("list", "drain", "take", *BY_CALLERS),
            default="list",
            help="%(default)s if not said",
        )
        of_process = "of a process, as `list` tells it, or `all` to eject or reset by"
        parser.add_argument("id", nargs="?", default="", help=of_process)
        parser.add_argument("url", nargs="?", default="", help="of another that it calls")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, **options: Any) -> None:
        if settings.MESH_REGISTRY == "off":
            raise CommandError("there is no registry: set MESH_REGISTRY to database or redis")
        try:
            if options["verb"] == "list":
                self._list(as_json=options["json"])
            else:
                self._want(options["verb"], options["id"], options["url"])
        except RegistryError as error:
            raise CommandError(f"the registry does not answer: {error}") from None

    def _list(self, *, as_json: bool) -> None:
        found = leases().alive()
        if as_json:
            self.stdout.write(json.dumps([asdict(one) for one in found], default=str))
            return
        for one in found:
            self._tell(one)
        if not found:
            self.stdout.write("no process holds a lease")

    def _tell(self, one: Lease) -> None:
        zone = f" in {one.zone}" if one.zone else ""
        self.stdout.write(
            f"{one.id}: {', '.join(one.services)} at {one.url}{zone}, {one.version}, {one.state}"
        )
        for name, told in sorted(one.told.items()):
            self.stdout.write(
                f"  {name}: breaker {told['breaker']}, usually {told['usual_ms']} ms,"
                f" {told.get('failures', 0)} of {told.get('calls', 0)} calls failed lately"
            )
            for endpoint in told["endpoints"]:
                self.stdout.write(
                    f"    {endpoint['url']}: {endpoint['state']}, {endpoint['latency_ms']} ms,"
                    f" {endpoint['in_flight']} under way"
                )

    def _want(self, verb: Verb, instance: str, url: str) -> None:
        alive = [one.id for one in leases().alive()]
        ids = alive if instance == _ALL and verb in BY_CALLERS else [instance]
        if not ids or not set(ids) <= set(alive):
            raise CommandError(f"no process {instance!r} holds a lease: see `manage.py mesh`")
        if bool(url) and verb not in BY_CALLERS:
            raise CommandError(f"{verb} is of the process itself: leave {url} out")
        if verb == "eject" and not url:
            raise CommandError("eject takes the address of whom to leave out")
        # Who has a shell needs no account here; the host knows who that was.
        name = f"manage.py mesh, by user {os.getuid()} of the host"
        with acting(Actor(type="system", id="septet", name=name)):
            have_done(verb, ids, url)
        told = f"{len(ids)} processes do" if instance == _ALL else f"{instance} does"
        self.stdout.write(f"{told} so within {RENEWED_SECONDS:g} s")
