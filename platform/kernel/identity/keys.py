"""The text of an API key: `septet_<environment>_<id>_<secret><checksum>`."""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field

from kernel.identity.reasons import CredentialRefusedError, Reason

PREFIX = "septet"
ENVIRONMENTS = ("live", "test")
# Keys of apps, which open nothing but what their app says: see apps.config.selectors.keys.
_KINDS = "|".join((*ENVIRONMENTS, "server", "client"))
#: For secret scanners, and to hide keys in our own logs.
PATTERN = rf"{PREFIX}_(?:{_KINDS})_[0-9a-f]{{16}}_[0-9a-f]{{72}}"

_PARTS = re.compile(
    rf"{PREFIX}_(?P<environment>{_KINDS})"
    r"_(?P<id>[0-9a-f]{16})_(?P<secret>[0-9a-f]{64})(?P<checksum>[0-9a-f]{8})"
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its owner holds it, taken apart."""

    environment: str
    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls, environment: str, key_id: str = "") -> "KeyText":
        """Make a secret that nobody knows, for a new key or for one that has an id already."""
        return cls(environment, key_id or secrets.token_hex(8), secrets.token_hex(32))

    @classmethod
    def read(cls, text: str, environment: str) -> "KeyText":
        """Take a key of this environment apart, without asking whether there is one.

        Raises CredentialRefusedError for one that was damaged on its way, or is of another
        environment.
        """
        parts = _PARTS.fullmatch(text)
        if parts is None or parts["checksum"] != _checksum(text[:-8]):
            raise CredentialRefusedError(Reason.DAMAGED, f"a key of {len(text)} characters")
        if parts["environment"] != environment:
            raise CredentialRefusedError(
                Reason.OTHER_ENVIRONMENT,
                f"the key is of the environment {parts['environment']}, this is {environment}",
                credential=f"key {parts['id']}",
            )
        return cls(parts["environment"], parts["id"], parts["secret"])

    def __str__(self) -> str:
        text = f"{PREFIX}_{self.environment}_{self.id}_{self.secret}"
        return text + _checksum(text)


def digest(secret: str) -> bytes:
    """Return what is stored of a secret. It is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
