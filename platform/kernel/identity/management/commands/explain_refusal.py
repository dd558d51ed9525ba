"""`manage.py explain_refusal`: why a request was refused, and what to do."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.identity.models import Refusal
from kernel.identity.refusals import MOST_KEPT, explain, refusals_of


class Command(BaseCommand):
    """Look a request up by the id that its sender was told."""

    help = "Say why a request was refused, by its id (X-Request-Id, or `id` of the error)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("request_id", help="as its sender was told it")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, request_id: str, **options: Any) -> None:
        found = refusals_of(request_id)
        if not found:
            raise CommandError(
                f"nothing is kept of a refused request {request_id}: it was not refused for who"
                f" asked, or {MOST_KEPT} others were since; the log may have it"
            )
        for refusal in found:
            told = _told(refusal)
            if options["json"]:
                self.stdout.write(json.dumps(told))
            else:
                shown = [f"{name:<10} {value}" for name, value in told.items() if value]
                self.stdout.write("\n".join(shown) + "\n")


def _told(refusal: Refusal) -> dict[str, str]:
    explanation = explain(refusal)
    return {
        "why": explanation.what,
        "advice": explanation.advice,
        "reason": refusal.reason,
        "detail": refusal.detail,
        "credential": refusal.credential,
        "scopes": refusal.scopes,
        "operation": refusal.operation,
        "tenant": str(refusal.tenant_id or ""),
        "at": refusal.at.isoformat(timespec="seconds"),
    }
