"""`manage.py service_keys`: the keys that sign this process's questions to other services."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from kernel.identity.jwks import RETIRED
from kernel.identity.service_keys import AHEAD_SECONDS, keyring
from kernel.identity.service_tokens import own_name


class Command(BaseCommand):
    """Show which keys are published, or make a new one."""

    help = (
        "Show the published keys (`service_keys show`), or make a new one (`service_keys rotate`)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        show = verbs.add_parser("show", help="which keys are published, and which of them signs")
        rotate = verbs.add_parser("rotate", help="make a key that takes over when all know it")
        rotate.add_argument(
            "--at-once",
            action="store_true",
            help="for a key that was stolen: forget the others; for up to a minute, services that"
            " have not fetched the new one refuse our questions",
        )
        for one in (show, rotate):
            one.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, verb: str, **options: Any) -> None:
        if verb == "rotate":
            made = keyring().rotate(at_once=options["at_once"])
            seconds = 0 if options["at_once"] else AHEAD_SECONDS
            if options["json"]:
                self.stdout.write(json.dumps({"kid": made.kid, "signs_in_seconds": seconds}))
                return
            when = f"in {seconds / 60:g} minutes" if seconds else "now"
            self.stdout.write(f"{own_name()} signs by {made.kid} {when}")
            return
        signing = keyring().signing().kid
        for key in keyring().jwks()["keys"]:
            told = {"kid": key["kid"], "signs": key["kid"] == signing, "retired": RETIRED in key}
            if options["json"]:
                self.stdout.write(json.dumps(told))
            else:
                said = [name for name in ("signs", "retired") if told[name]]
                self.stdout.write("  ".join([key["kid"], *said]))
