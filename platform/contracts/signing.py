"""What happens to the keys that documents are signed with."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyCreated(Event):
    """There is a key; documents may be signed with it."""

    TYPE: ClassVar[str] = "documents.signingkey.created.v1"
    ENTITY: ClassVar[str] = "DocumentSigningKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    #: SHA-256 of the certificate.
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyDeleted(Event):
    """A key is gone; what was signed with it stays signed."""

    TYPE: ClassVar[str] = "documents.signingkey.deleted.v1"
    ENTITY: ClassVar[str] = "DocumentSigningKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    fingerprint: str
