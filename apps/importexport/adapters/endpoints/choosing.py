"""From a kind to what speaks with such places; libraries are loaded by whoever needs them."""

from collections.abc import Mapping
from typing import Any

from apps.importexport.adapters.endpoints.ports import Destination, Store


def destination(kind: str, settings: Mapping[str, Any], secret: str) -> Destination:
    """Return a place that takes exports."""
    match kind:
        case "webhook":
            from apps.importexport.adapters.endpoints.webhook import Webhook  # noqa: PLC0415

            return Webhook(settings, secret)
        case "email":
            from apps.importexport.adapters.endpoints.mail import Mail  # noqa: PLC0415

            return Mail(settings, secret)
    found: Destination = _place(kind, settings, secret)
    return found


def store(kind: str, settings: Mapping[str, Any], secret: str) -> Store:
    """Return a place that gives files; its kind is one that `reads`."""
    found: Store = _place(kind, settings, secret)
    return found


def _place(kind: str, settings: Mapping[str, Any], secret: str) -> Any:
    if kind == "s3":
        from apps.importexport.adapters.endpoints.s3 import S3  # noqa: PLC0415  boto3: 0.3 s

        return S3(settings, secret)
    from apps.importexport.adapters.endpoints.sftp import SFTP  # noqa: PLC0415  paramiko

    return SFTP(settings, secret)
