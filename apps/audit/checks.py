"""What has to be right in the audit app's settings before a process starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from apps.audit.adapters.destinations import beside
from apps.audit.conf import checkpoints_to


@register
def checkpoints_go_somewhere(**_options: Any) -> list[CheckMessage]:
    """Tell of a place for checkpoints that is none, with the secret in it left out."""
    found: list[CheckMessage] = []
    for number, address in enumerate(checkpoints_to(), start=1):
        try:
            beside(address)
        except ImproperlyConfigured as error:
            place = address.partition("#")[0][:200]
            found.append(
                Error(
                    f"AUDIT_CHECKPOINTS_TO: number {number}, {place}, is no place for checkpoints",
                    hint=str(error),
                    id="septet.E070",
                )
            )
    return found
