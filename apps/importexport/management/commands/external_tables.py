"""`manage.py external_tables`: which databases outside answer, and what their tables are."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from apps.importexport.domain.externals.tables import dataset_of
from apps.importexport.services.externals import states


class Command(BaseCommand):
    """Tell of each; it ends with 1 where one does not answer."""

    help = "Asks each database of EXTERNAL_DATABASES for its tables, and tells what each is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a database")

    def handle(self, *, json: bool, **_options: Any) -> None:
        silent = []
        for to, tables, why in states():
            datasets = [dataset_of(to, one).told() for _, one in sorted(tables.items())]
            if json:
                self.stdout.write(_line({"name": to.name, "error": why, "tables": datasets}))
            else:
                self._tell(to.name, why, datasets)
            silent += [to.name] if why else []
        if silent:
            raise CommandError(f"{', '.join(silent)}: see EXTERNAL_DATABASES, and the log")

    def _tell(self, name: str, why: str, datasets: list[dict[str, Any]]) -> None:
        self.stdout.write(f"{name}: {why or f'{len(datasets):,} tables'}")
        for one in datasets:
            key, modes = ", ".join(one["key"]) or "no key", ", ".join(one["modes"]) or "export only"
            self.stdout.write(f"  {one['name']}: {len(one['fields'])} fields; {key}; {modes}")


def _line(told: dict[str, Any]) -> str:
    return json.dumps(told)
