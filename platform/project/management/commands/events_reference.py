"""`manage.py events_reference`: the schemas, the AsyncAPI document and the page of all events."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import contracts
from contracts.catalogue import event_types
from contracts.event import Event
from contracts.json_schema import incompatibilities, schema_of
from kernel.events.registry import GROUPS
from kernel.services import BY_NAME
from project.events_page import asyncapi, page

SCHEMAS = Path(contracts.__path__[0]) / "schemas"
DOCS = Path(settings.BASE_DIR) / "docs"


class Command(BaseCommand):
    """Write the files, or with --check tell which of them is out of date."""

    help = (
        "Write the JSON Schemas of events, docs/reference/asyncapi.json and docs/events.md;"
        " --check only compares. Both refuse a schema that breaks who reads it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare and write nothing")

    def handle(self, *, check: bool, **_options: Any) -> None:
        if set(settings.SERVICES) != set(BY_NAME):
            raise CommandError("these files tell of all services: run it with SERVICES=all")
        refuse_incompatible(event_types())
        for path, text in wanted().items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            shown = path.relative_to(settings.BASE_DIR)
            if check:
                raise CommandError(f"{shown} is out of date: run `manage.py events_reference`")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {shown}")


def refuse_incompatible(types: dict[str, type[Event]]) -> None:
    """Raise CommandError when a type is gone, or its data is not what its schema promises."""
    for path in sorted(SCHEMAS.glob("*.json")):
        if path.stem not in types:
            raise CommandError(
                f"{path.name} is the schema of an event that is gone: stored events have that"
                " type, so keep its class"
            )
        promised = json.loads(path.read_text(encoding="utf-8"))
        if found := incompatibilities(promised, schema_of(types[path.stem])):
            raise CommandError(
                f"{path.stem} breaks who reads it: {'; '.join(found)}. Fields are only added, and"
                " with a default; for another meaning make a new version beside it"
            )


def wanted() -> dict[Path, str]:
    """Return the text that each of the files ought to have."""
    types = event_types()
    document = asyncapi()
    return {
        **{SCHEMAS / f"{type_}.json": _json(schema_of(cls)) for type_, cls in types.items()},
        DOCS / "reference" / "asyncapi.json": _json(document),
        DOCS / "events.md": page(types, GROUPS),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
