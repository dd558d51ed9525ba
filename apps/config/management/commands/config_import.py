"""`manage.py config_import`: publish flags of another system, or say what would become of them."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from apps.config.domain.hashing import GENERATIONS, NEWEST
from apps.config.domain.importing.formats import Format, Source, Syntax
from apps.config.domain.importing.reports import Outcome
from apps.config.services.importing import import_flags
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Bring flags in as one change, and report what is not as it was."""

    help = "Publishes flags of flagd, Unleash, Flagsmith, GrowthBook or LaunchDarkly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the document, YAML by its name; - reads JSON from stdin")
        parser.add_argument("--tenant", required=True, help="the slug of the tenant")
        parser.add_argument(
            "--format", required=True, choices=[*Format], type=Format, help="who wrote the file"
        )
        parser.add_argument("--environment", help="its key; the first if not said")
        parser.add_argument("--bucketing", choices=GENERATIONS, default=NEWEST, help="flagd's")
        parser.add_argument("--source-environment", default="production", help="LaunchDarkly's")
        parser.add_argument("--reason", default="", help="kept with each version")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of it")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, file: str, *, tenant: str, **options: Any) -> None:
        source = Source(
            format=Format(options["format"]),
            syntax=Syntax.YAML if Path(file).suffix in (".yaml", ".yml") else Syntax.JSON,
            bucketing=options["bucketing"],
            environment=options["source_environment"],
        )
        try:
            document = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            with in_tenant(tenant_by_slug(tenant).pk):
                made = import_flags(
                    options["environment"],
                    document,
                    source,
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        for line in made.report:
            told = {"key": line.key, "outcome": line.outcome, "message": line.message}
            if options["json"]:
                self.stdout.write(json.dumps(told))
            elif line.outcome is not Outcome.IMPORTED:
                self.stdout.write(f"{line.key}: {line.outcome}: {line.message}")
        whole = sum(line.outcome is Outcome.IMPORTED for line in made.report)
        become = "would be published" if options["dry_run"] else "published"
        self.stderr.write(
            f"{made.environment.key}: {made.published} {become}, {whole} of them as they were;"
            f" revision {made.revision}"
        )
