"""The ends of streams: a webhook that answers, a syslog server that reads and closes, Kafka."""

import re
import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from apps.audit.conf import has_kafka
from apps.audit.domain.streaming import (
    FORMATS,
    Sealed,
    syslog_frame,
    webhook_body,
)
from apps.audit.errors import NoKafkaError
from contracts.webhooks import webhook_headers
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundFailedError, OutboundUnusableError
from kernel.outbound.limits import Limits
from kernel.outbound.sockets import deliver

PURPOSE = "audit_stream"
#: Batches are small; a receiver may write them down before it answers.
LIMITS = Limits(total=timedelta(seconds=20), idle=timedelta(seconds=15), response_bytes=10_000)
_SCHEMES = {"https", "http", "syslog+tls", "syslog+tcp"}
_GONE = 410
_KAFKA = "kafka://"
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,100}")


class GoneError(OutboundUnusableError):
    """The other side says that it wants nothing more, ever."""


class Target(Protocol):
    """Where a stream ends."""

    def send(self, message: str, logs: Sequence[Sealed]) -> None:
        """Give logs away; when it returns they have arrived. A repeated message has the same id."""
        ...


class Webhook:
    """Posts batches, signed as Standard Webhooks has it; any 2xx is a yes."""

    def __init__(self, address: str, stream: str, form: str, secret: str) -> None:
        self._address, self._stream, self._form, self._secret = address, stream, form, secret

    def send(self, message: str, logs: Sequence[Sealed]) -> None:
        now = clock.now()
        told = [FORMATS[self._form](one) for one in logs]
        body = webhook_body(self._stream, told, form=self._form, made_at=now)
        headers = webhook_headers(self._secret, message, now, body)
        answer = fetch(
            "POST", self._address, purpose=PURPOSE, body=body, headers=headers, limits=LIMITS
        )
        if answer.status == _GONE:
            raise GoneError("the webhook answers 410: it wants nothing more")
        if not 200 <= answer.status < 300:
            raise OutboundFailedError(f"the webhook answers {answer.status}")


class Syslog:
    """Sends each batch over a connection of its own: what the server reads, it has."""

    def __init__(self, address: str, form: str) -> None:
        parts = urlsplit(address)
        self._tls = parts.scheme == "syslog+tls"
        self._host, self._port = parts.hostname or "", parts.port or (6514 if self._tls else 601)
        self._form = form

    def send(self, _message: str, logs: Sequence[Sealed]) -> None:
        host = socket.gethostname()[:255] or "-"
        frames = [syslog_frame(one, FORMATS[self._form](one), host) for one in logs]
        deliver(
            self._host, self._port, b"".join(frames), tls=self._tls, purpose=PURPOSE, limits=LIMITS
        )


def target(
    address: str, *, stream: str, form: str, secret: str, source: str, tenant: str
) -> Target:
    """Return the end of a stream; `source` is the name of the log. Raises NoKafkaError."""
    if address.startswith("http"):
        return Webhook(address, stream, form, secret)
    if not address.startswith(_KAFKA):
        return Syslog(address, form)
    _refuse_without_kafka()
    from apps.audit.adapters.stream_topics import Topic  # noqa: PLC0415  a library of 50 ms

    return Topic(address.removeprefix(_KAFKA), form=form, source=source, tenant=tenant)


def is_webhook(address: str) -> bool:
    """Say whether what goes to an address is signed.

    Raises InvalidInputError for no address, NoKafkaError for a topic where there is no Kafka.
    """
    webhook = address.startswith("http")
    if address.startswith(_KAFKA):
        known = _TOPIC.fullmatch(address.removeprefix(_KAFKA)) is not None
    else:
        known = _is_place(address, bare=not webhook)
    if not known:
        raise InvalidInputError(
            "an address is https://…, syslog+tls://host:port, syslog+tcp://host:port or kafka://name"
        )
    if address.startswith(_KAFKA):
        _refuse_without_kafka()
    return webhook


def _is_place(address: str, *, bare: bool) -> bool:
    try:
        parts = urlsplit(address)
        known = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return known and not (bare and more)


def _refuse_without_kafka() -> None:
    if not has_kafka():
        raise NoKafkaError("no Kafka is configured here: see KAFKA_BOOTSTRAP_SERVERS")
