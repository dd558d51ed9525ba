"""Places for checkpoints that are not of this machine: a store, a webhook, and witnesses."""

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import ClassVar, NamedTuple
from urllib.parse import urldefrag
from uuid import UUID, uuid5

import orjson
from django.core.exceptions import ImproperlyConfigured

from apps.audit.domain.cosignatures import WitnessKey, cosignature, question
from apps.audit.domain.notes import MAX_NOTE_BYTES, NoteError
from contracts.webhooks import is_secret, webhook_headers
from kernel import clock
from kernel.errors import NotFoundError
from kernel.outbound.client import Response, fetch
from kernel.outbound.errors import OutboundFailedError
from kernel.storage import Storage, storage_at

PURPOSE = "audit_checkpoint"
_OK, _CONFLICT = 200, 409
_MOST_DIGITS = 19


class Published(NamedTuple):
    """A checkpoint as it was found where it was published, and the name that it has there."""

    name: str
    note: str


class Store:
    """An object for each checkpoint, and one for each key that was erased.

    A store lists nothing, so the objects of a log are numbered without a gap, and their keys are
    made of the name of the log and the number: whoever reads asks for one after the other.
    """

    _KEYS: ClassVar = UUID("8c1f0c52-7d0f-5a39-9a4e-54a1d2f9b6c3")

    def __init__(self, store: Storage) -> None:
        self._store = store

    def publish(self, log: str, number: int, made_at: datetime, note: str) -> None:
        self._append(log, note)

    def published(self, log: str) -> Iterator[Published]:
        for number, note in enumerate(self._all(log), start=1):
            yield Published(self._key(log, number), note)

    def bury(self, log: str, key_id: UUID) -> None:
        name = f"{log}/erased"
        if str(key_id) not in self._all(name):
            self._append(name, str(key_id))

    def erased(self, log: str) -> Iterator[UUID]:
        return map(UUID, self._all(f"{log}/erased"))

    def _append(self, name: str, text: str) -> None:
        count = self._count(name)
        if count and self._read(name, count) == text:
            return
        self._store.save(self._key(name, count + 1), BytesIO(text.encode()))

    def _count(self, name: str) -> int:
        """Return how many there are, by about twice as many questions as that has binary digits."""
        there, missing = 0, 1
        while self._store.exists(self._key(name, missing)):
            there, missing = missing, missing * 2
        while missing - there > 1:
            middle = (there + missing) // 2
            if self._store.exists(self._key(name, middle)):
                there = middle
            else:
                missing = middle
        return there

    def _all(self, name: str) -> Iterator[str]:
        number = 1
        while (text := self._read(name, number)) is not None:
            yield text
            number += 1

    def _read(self, name: str, number: int) -> str | None:
        try:
            data = b"".join(self._store.read(self._key(name, number), length=MAX_NOTE_BYTES + 1))
        except NotFoundError:
            return None
        return data.decode("utf-8", "replace")

    def _key(self, name: str, number: int) -> str:
        made = str(uuid5(self._KEYS, f"{name}/{number}"))
        return f"checkpoints/{made[-2:]}/{made}"


class Webhook:
    """Tells somebody of each checkpoint, signed as Standard Webhooks has it; nothing is read there.

    It is a witness that keeps its own: what was erased is not told to it.
    """

    def __init__(self, address: str, secret: str) -> None:
        self._address, self._secret = address, secret

    @classmethod
    def at(cls, address: str) -> "Webhook":
        """Return the one at `https://…#whsec_…`; raises ImproperlyConfigured."""
        # A fragment goes nowhere: the secret is not part of any request.
        url, secret = urldefrag(address)
        if not url.startswith("http") or not is_secret(secret):
            raise ImproperlyConfigured(
                "AUDIT_CHECKPOINTS_TO reads s3://bucket/prefix, https://host/path#whsec_<base64>,"
                " or https://host/path#<key of a witness>"
            )
        return cls(url, secret)

    def publish(self, log: str, number: int, made_at: datetime, note: str) -> None:
        data = {"log": log, "number": number, "note": note}
        told = {"type": "audit.checkpoint", "timestamp": made_at, "data": data}
        body = orjson.dumps(told)
        headers = webhook_headers(self._secret, f"{log}-{number}", clock.now(), body)
        answer = fetch("POST", self._address, purpose=PURPOSE, body=body, headers=headers)
        if not 200 <= answer.status < 300:
            raise OutboundFailedError(f"the webhook of checkpoints answers {answer.status}")

    def published(self, log: str) -> Iterator[Published]:
        return iter(())

    def bury(self, log: str, key_id: UUID) -> None:
        """Keep nothing: who is told of checkpoints has no part in erasures."""

    def erased(self, log: str) -> Iterator[UUID]:
        return iter(())


class Witness:
    """Cosigns checkpoints of logs that it knows, as long as each continues the one before.

    It tells itself which it has cosigned last, so nothing of that is kept here.
    """

    def __init__(self, address: str, key: WitnessKey) -> None:
        self._address, self._key = address.rstrip("/"), key

    @classmethod
    def at(cls, address: str) -> "Witness | None":
        """Return the one at `https://…#<its key>`; None when the address is not a witness's."""
        url, key = urldefrag(address)
        try:
            return cls(url, WitnessKey.parse(key)) if url.startswith("http") else None
        except NoteError:
            return None

    def cosign(self, note: str, proof: Callable[[int], list[bytes]]) -> str:
        """Return the line by which it cosigns a note; `proof` continues the size that is given.

        Raises OutboundFailedError, NoteError, or what `proof` raises for a size that never was.
        """
        answer = self._ask(question(note, 0, []))
        if answer.status == _CONFLICT:
            # Its own size, such as "20852163".
            older = answer.body.decode("ascii", "replace").strip()
            if not older.isdecimal() or len(older) > _MOST_DIGITS:
                raise OutboundFailedError(f"the witness {self._key.name} tells no size of the log")
            answer = self._ask(question(note, int(older), proof(int(older))))
        if answer.status != _OK:
            raise OutboundFailedError(f"the witness {self._key.name} answers {answer.status}")
        return cosignature(note, answer.body.decode("utf-8", "replace"), self._key)

    @property
    def key(self) -> str:
        """The key by which it cosigns, as C2SP writes it."""
        return str(self._key)

    def _ask(self, body: bytes) -> Response:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        return fetch(
            "POST", f"{self._address}/add-checkpoint", purpose=PURPOSE, body=body, headers=headers
        )


def in_bucket(address: str) -> Store:
    """Return the place in a bucket, such as `s3://bucket/prefix`."""
    return Store(storage_at(address))
