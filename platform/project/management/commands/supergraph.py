"""`manage.py supergraph`: the services composed for a federation gateway."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.discovery.addresses import DiscoveryError
from kernel.discovery.directory import base_url
from kernel.errors import UnavailableError
from kernel.services import BY_NAME
from project.graph import subgraph
from project.supergraph import (
    ComposerMissingError,
    CompositionError,
    compose,
    endpoint,
    fetch_sdl,
)


class Command(BaseCommand):
    """Write the supergraph, or with --check tell whether it composes and a file is current.

    Exit code 1: the services do not compose, one gives no answer, or the file is out of date.
    Exit code 2: the command was called wrongly, or there is no composer here.
    """

    help = (
        "Compose the services into the supergraph that a gateway serves. The SDL of a service in"
        " this process comes from its classes; any other is asked for over HTTP, with the API key"
        " in the environment variable SEPTET_KEY where services tell their SDL to nobody without."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url",
            action="append",
            default=[],
            type=_named_url,
            metavar="NAME=URL",
            help="ask this service for its SDL at URL, and let the gateway find it there;"
            " SERVICE_URLS tells where the others are",
        )
        parser.add_argument(
            "--service",
            action="append",
            choices=list(BY_NAME),
            help="compose this one; may be repeated; all seven without it",
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="else standard output")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; compare with FILE if --output names one",
        )

    def handle(self, **options: Any) -> None:
        supergraph = self._composed(options["service"] or list(BY_NAME), dict(options["url"]))
        output: Path | None = options["output"]
        if options["check"]:
            if output and (not output.exists() or output.read_text() != supergraph):
                raise CommandError(
                    f"{output} is out of date: run `manage.py supergraph --output {output}`"
                )
            self.stdout.write("composes" if output is None else f"{output} is up to date")
        elif output:
            _write(output, supergraph)
            self.stdout.write(f"wrote {output}")
        else:
            self.stdout.write(supergraph, ending="")

    def _composed(self, services: list[str], asked: dict[str, str]) -> str:
        try:
            bases = {name: asked.get(name) or base_url(name) for name in services}
        except DiscoveryError as error:
            raise CommandError(f"{error}; see `manage.py help supergraph`") from None
        urls = {name: endpoint(name, base) for name, base in bases.items()}
        try:
            sdls = {
                name: subgraph(name).sdl
                if name in settings.SERVICES and name not in asked
                else fetch_sdl(url, os.environ.get("SEPTET_KEY", ""))
                for name, url in urls.items()
            }
            return compose(sdls, urls)
        except UnavailableError as error:
            raise CommandError(f"{error}; see `manage.py help supergraph`") from None
        except ComposerMissingError as error:
            raise CommandError(str(error), returncode=2) from None
        except CompositionError as error:
            for problem in error.problems:
                self.stderr.write(f"{problem.service or 'graph'}: {problem.code} {problem.message}")
            raise CommandError("the services do not compose; mend the above first") from None


def _named_url(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if name not in BY_NAME or not url.startswith(("http://", "https://")):
        raise ArgumentTypeError(f"expected NAME=URL with a name out of {', '.join(BY_NAME)}")
    return name, url


def _write(path: Path, text: str) -> None:
    # A gateway that looks at the file meanwhile reads the old one or the new one, never a half.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)
