"""What settings of Kafka do not fit together, told before a process starts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's

_SERVER = re.compile(r"([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}")
_PREFIX = re.compile(r"[\w.-]{0,100}", re.ASCII)


@register
def kafka_can_be_spoken_to(**_options: Any) -> list[CheckMessage]:
    """Tell of brokers that nobody could reach, or could sign in at."""
    if not settings.KAFKA_BOOTSTRAP_SERVERS:
        return []
    return [*_names(), *_sign_in(), *_certificates()]


def _names() -> Iterator[CheckMessage]:
    for server in settings.KAFKA_BOOTSTRAP_SERVERS:
        if not _SERVER.fullmatch(server):
            yield Error(
                f"{server} is no broker: expected host:port",
                hint="see KAFKA_BOOTSTRAP_SERVERS",
                id="septet.E030",
            )
    if not _PREFIX.fullmatch(settings.KAFKA_PREFIX):
        yield Error(
            f"names of topics cannot begin with {settings.KAFKA_PREFIX!r}",
            hint="KAFKA_PREFIX: up to 100 letters, digits, dots, dashes and underscores",
            id="septet.E031",
        )


def _sign_in() -> Iterator[CheckMessage]:
    protocol = settings.KAFKA_SECURITY_PROTOCOL
    given = (settings.KAFKA_SASL_USERNAME, settings.KAFKA_SASL_PASSWORD)
    if "SASL" in protocol and not all(given):
        yield Error(
            f"{protocol} signs in at the brokers, and there is no name or no password",
            hint="set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE",
            id="septet.E032",
        )
    if "SASL" not in protocol and any(given):
        yield Error(
            f"there is a name or a password for the brokers, and {protocol} does not sign in",
            hint="set KAFKA_SECURITY_PROTOCOL to SASL_SSL, or take them away",
            id="septet.E033",
        )
    if protocol == "SASL_PLAINTEXT" and settings.KAFKA_SASL_MECHANISM == "PLAIN":
        yield Warning(
            "the password for the brokers travels in the clear",
            hint="set KAFKA_SECURITY_PROTOCOL to SASL_SSL, or another KAFKA_SASL_MECHANISM",
            id="septet.W034",
        )


def _certificates() -> Iterator[CheckMessage]:
    names = ("KAFKA_CA_FILE", "KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE")
    given = {name: path for name in names if (path := getattr(settings, name))}
    for name, path in given.items():
        try:
            Path(path).read_bytes()
        except OSError as error:
            yield Error(
                f"{name}={path} cannot be read ({error.strerror})",
                hint=f"see {name}",
                id="septet.E035",
            )
    if given and not settings.KAFKA_SECURITY_PROTOCOL.endswith("SSL"):
        yield Error(
            f"{' and '.join(given)} is for TLS, and KAFKA_SECURITY_PROTOCOL is"
            f" {settings.KAFKA_SECURITY_PROTOCOL}",
            hint="set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL",
            id="septet.E036",
        )
    if bool(settings.KAFKA_CERTIFICATE_FILE) != bool(settings.KAFKA_KEY_FILE):
        yield Error(
            "a certificate needs its private key, and a key its certificate",
            hint="set both of KAFKA_CERTIFICATE_FILE and KAFKA_KEY_FILE",
            id="septet.E037",
        )
