"""`manage.py audit_parts`: whether parts of words are looked for in audit logs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.audit.selectors.words import parts_indexed
from apps.audit.services.parts import drop_parts, index_parts


class Command(BaseCommand):
    """Make the index of parts of words, or remove it; either changes nothing if it is so."""

    help = (
        "Have parts of words looked for in audit logs (on), or not (off), or say which (show)."
        " The index takes about half of the space of the logs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["on", "off", "show"], help="see above")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, verb: str, **options: Any) -> None:
        indexed = parts_indexed()
        if verb == "on" and not indexed:
            self.stderr.write("making the index; it takes about a minute for each million logs")
            index_parts()
        elif verb == "off" and indexed:
            drop_parts()
        if options["json"]:
            self.stdout.write(json.dumps({"parts": parts_indexed()}))
        else:
            self.stdout.write(f"parts of words are {'' if parts_indexed() else 'not '}looked for")
