"""`manage.py config_export`: write an environment for others to serve, with its signature."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from apps.config.domain.hashing import GENERATIONS, NEWEST
from apps.config.domain.importing.reports import Outcome
from apps.config.services.exporting import Target, export, signature_of, written
from apps.config.services.snapshots import snapshots
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Write the file, and beside it FILE.jws; say what the other system cannot serve."""

    help = "Writes the flags of an environment for flagd, Unleash, GrowthBook or Flagsmith, signed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where to; - writes it to the standard output")
        parser.add_argument("--tenant", required=True, help="the slug of the tenant")
        parser.add_argument("--environment", help="its key; the first if not said")
        parser.add_argument(
            "--format",
            choices=[*Target],
            default=Target.FLAGD,
            type=Target,
            help="of whom it is read; %(default)s if not said",
        )
        parser.add_argument("--bucketing", choices=GENERATIONS, default=NEWEST, help="flagd's")

    def handle(self, file: str, *, tenant: str, **options: Any) -> None:
        try:
            tenant_id = tenant_by_slug(tenant).pk
            with in_tenant(tenant_id):
                snapshot = snapshots.get(tenant_id, options["environment"])
                made = export(snapshot, Target(options["format"]), bucketing=options["bucketing"])
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        content = written(made)
        if file == "-":
            sys.stdout.buffer.write(content)
        else:
            Path(file).write_bytes(content)
            Path(f"{file}.jws").write_text(signature_of(content))
        for line in made.report:
            if line.outcome is not Outcome.IMPORTED:
                self.stderr.write(f"{line.key}: {line.outcome}: {line.message}")
