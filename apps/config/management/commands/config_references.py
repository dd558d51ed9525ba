"""`manage.py config_references`: where code uses flags, and which it uses that are none."""

import json
import os
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.config.domain.references import places
from apps.config.selectors.flags import live_keys
from apps.config.services.staleness import note_references
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant

#: Longer files are generated or no code.
MOST_BYTES = 1_000_000
_PASSED_OVER = {"node_modules", "__pycache__", "venv", "dist", "build"}


class Command(BaseCommand):
    """Read a folder of code and compare it with the flags of a tenant."""

    help = (
        "Where the code under PATH uses the flags of a tenant, which flags nothing uses, and"
        " which keys are asked for that are no flags (exit code 1)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a file or a folder")
        parser.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        parser.add_argument(
            "--keep", action="store_true", help="show the places beside stale flags from now on"
        )
        parser.add_argument("--json", action="store_true", help="report in one JSON object")

    def handle(self, *, path: Path, tenant: str, **options: Any) -> None:
        if not path.exists():
            raise CommandError(f"there is no {path}", returncode=2)
        try:
            with in_tenant(tenant_by_slug(tenant).pk):
                keys = live_keys()
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        used: dict[str, list[str]] = defaultdict(list)
        for file in _files(path):
            shown = str(file.relative_to(path)) if path.is_dir() else file.name
            source = file.read_text(encoding="utf-8", errors="replace")
            for place in places(source, keys):
                used[place.key].append(f"{shown}:{place.line}")
        report = {
            "used": {key: used[key] for key in sorted(used.keys() & keys)},
            "unused": sorted(keys - used.keys()),
            "unknown": {key: used[key] for key in sorted(used.keys() - keys)},
        }
        if options["keep"]:
            with in_tenant(tenant_by_slug(tenant).pk):
                note_references({key: used[key] for key in used.keys() & keys})
        self._tell(report, as_json=options["json"])
        if report["unknown"]:
            raise CommandError(
                f"{len(report['unknown'])} keys are asked for that are no flags: create them, or"
                " take them out of the code",
                returncode=1,
            )

    def _tell(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        for key, where in report["used"].items():
            self.stdout.write(f"{key}: {', '.join(where)}")
        for key in report["unused"]:
            self.stdout.write(f"{key}: used nowhere")
        for key, where in report["unknown"].items():
            self.stdout.write(f"{key}: no such flag, asked for at {', '.join(where)}")


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            one for one in folders if one not in _PASSED_OVER and not one.startswith(".")
        )
        for name in sorted(names):
            file = Path(folder) / name
            if not name.startswith(".") and file.is_file() and _is_code(file):
                yield file


def _is_code(file: Path) -> bool:
    if file.stat().st_size > MOST_BYTES:
        return False
    with file.open("rb") as stream:
        return b"\0" not in stream.read(4096)
