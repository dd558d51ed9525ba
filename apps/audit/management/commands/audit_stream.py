"""`manage.py audit_stream`: send sealed logs to a webhook, a syslog server or a topic."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors.streams import streams
from apps.audit.services.delivering import send_test
from apps.audit.services.streams import (
    create_stream,
    pause_stream,
    remove_stream,
    resume_stream,
)
from kernel.errors import DomainError, NotFoundError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant

VERBS = {"pause": pause_stream, "resume": resume_stream, "remove": remove_stream}


class Command(BaseCommand):
    """Make, show, test, pause, resume and remove the streams of a tenant."""

    help = (
        "Send sealed logs to https://..., syslog+tls://host:port, syslog+tcp://host:port, or"
        " kafka://name for the topic audit.stream.name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb", choices=["show", "add", "test", *VERBS], help="what to do with the stream"
        )
        parser.add_argument("name", nargs="?", help="the name of the stream")
        parser.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        parser.add_argument("--address", default="", help="where the logs go")
        parser.add_argument(
            "--format",
            default="json",
            choices=["json", "cef", "ocsf"],
            help="of each log; %(default)s if not said",
        )
        parser.add_argument("--filter", default="{}", help="which logs, as a JSON object")
        parser.add_argument("--from", type=int, help="the position to begin or go on at")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, verb: str, *, tenant: str, name: str | None, **options: Any) -> None:
        if (name is None) != (verb == "show"):
            raise CommandError("name the stream, or show all of them", returncode=2)
        try:
            with in_tenant(tenant_by_slug(tenant).pk):
                if verb == "add":
                    self._add(str(name), options)
                elif verb != "show":
                    self._do(verb, str(name), options["from"])
                self._show(as_json=options["json"])
        except DomainError as error:
            raise CommandError(str(error), returncode=1) from None

    def _add(self, name: str, options: dict[str, Any]) -> None:
        try:
            query = json.loads(options["filter"])
        except ValueError:
            raise CommandError("--filter is no JSON", returncode=2) from None
        _, secret = create_stream(
            name=name,
            address=options["address"],
            format=options["format"],
            query=query,
            from_position=options["from"],
        )
        if secret:
            self.stderr.write(f"It signs with {secret} (shown now and never again).")

    def _do(self, verb: str, name: str, position: int | None) -> None:
        stream = streams().filter(name=name).first()
        if stream is None:
            raise NotFoundError(f"no stream {name!r}")
        if verb == "test":
            send_test(stream.pk)
            self.stderr.write("The test has arrived.")
        elif verb == "resume":
            resume_stream(id=str(stream.pk), from_position=position)
        else:
            VERBS[verb](id=str(stream.pk))

    def _show(self, *, as_json: bool) -> None:
        for one in streams():
            waiting = getattr(one, "waiting", 0)
            told = {
                "name": one.name,
                "state": one.state,
                "position": one.position,
                "waiting": waiting,
                "last_error": one.last_error,
            }
            line = f"{one.name}: {one.state} at {one.position}, {waiting} wait {one.last_error}"
            self.stdout.write(json.dumps(told) if as_json else line.rstrip())
