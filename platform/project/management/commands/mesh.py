"""`manage.py mesh`: which processes serve, how each finds the others, and what they are to do."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.discovery.leases import RENEWED_SECONDS, Lease, RegistryError, leases

_ON_ANOTHER = ("eject", "reset")


class Command(BaseCommand):
    """Tell of the processes that hold a lease, or have one of them do something."""

    help = "Tell which processes serve and how they find each other; take one out of service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb", nargs="?", choices=("list", "drain", "take", *_ON_ANOTHER), default="list"
        )
        parser.add_argument("id", nargs="?", default="", help="of a process, as `list` tells it")
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
            self.stdout.write(f"  {name}: breaker {told['breaker']}, usually {told['usual_ms']} ms")
            for endpoint in told["endpoints"]:
                self.stdout.write(
                    f"    {endpoint['url']}: {endpoint['state']}, {endpoint['latency_ms']} ms,"
                    f" {endpoint['in_flight']} under way"
                )

    def _want(self, verb: str, instance: str, url: str) -> None:
        if instance not in {one.id for one in leases().alive()}:
            raise CommandError(f"no process {instance!r} holds a lease: see `manage.py mesh`")
        if bool(url) and verb not in _ON_ANOTHER:
            raise CommandError(f"{verb} is of the process itself: leave {url} out")
        if verb == "eject" and not url:
            raise CommandError("eject takes the address of whom to leave out")
        leases().want(instance, f"{verb} {url}".strip())
        self.stdout.write(f"{instance} does so within {RENEWED_SECONDS:g} s")
