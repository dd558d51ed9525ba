"""`manage.py schema`: the checked-in SDL of each service."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from project.graph import subgraph


class Command(BaseCommand):
    """Write `apps/<service>/schema.graphql`, or with --check tell which files are out of date."""

    help = "Write each service's schema.graphql; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare and write nothing")

    def handle(self, *, check: bool, **_options: Any) -> None:
        stale = [service for service in settings.SERVICES if not is_current(service)]
        if check and stale:
            raise CommandError(
                f"schema.graphql of {', '.join(stale)} is out of date: run `manage.py schema`"
            )
        for service in stale:
            sdl_path(service).write_text(subgraph(service).sdl)
            self.stdout.write(f"wrote {sdl_path(service).relative_to(settings.BASE_DIR)}")


def sdl_path(service: str) -> Path:
    """Return where a service's SDL is checked in."""
    return Path(settings.BASE_DIR) / "apps" / service / "schema.graphql"


def is_current(service: str) -> bool:
    """Say whether the checked-in SDL is what the classes make."""
    path = sdl_path(service)
    return path.exists() and path.read_text() == subgraph(service).sdl
