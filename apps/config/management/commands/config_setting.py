"""`manage.py config_setting`: the dynamic settings of the platform, for its operators."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.config.domain.configuration.layering import Layer
from apps.config.selectors.configurations import snapshots
from apps.config.selectors.places import place_at
from apps.config.services.values import Saying, say
from kernel.dynamic.declaring import REGISTRY
from kernel.errors import DomainError


class Command(BaseCommand):
    """Show all of them, or say another value of one."""

    help = "Dynamic settings: show them, or say another value of one, such as `false` or `10`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", help="such as documents.accepting")
        parser.add_argument("value", nargs="?", help="its value in JSON")
        parser.add_argument("--default", action="store_true", help="back to what is declared")
        parser.add_argument("--reason", default="", help="kept with the version")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(
        self, *, key: str | None, value: str | None, default: bool, reason: str, **options: Any
    ) -> None:
        if key is not None and key not in REGISTRY:
            raise CommandError(f"no dynamic setting {key}; without it all are shown", returncode=2)
        if default and (key is None or value is not None):
            raise CommandError("say a key and its value, or a key and --default", returncode=2)
        if key is not None and (default or value is not None):
            try:
                say(place_at(Layer.GLOBAL), [Saying(key=key, value=value)], reason=reason)
            except DomainError as error:
                raise CommandError(str(error), returncode=2) from None
        for name in [key] if key else sorted(REGISTRY):
            self._show(name, as_json=options["json"])

    def _show(self, key: str, *, as_json: bool) -> None:
        held = snapshots.get(place_at(Layer.GLOBAL)).held.get(key)
        value = held.resolved.value if held else REGISTRY[key].told_default
        version = held.number if held else 0
        if as_json:
            self.stdout.write(json.dumps({"key": key, "value": value, "version": version}))
            return
        told = f"version {version}" if version else "as declared"
        self.stdout.write(f"{key}: {json.dumps(value)} ({told})")
