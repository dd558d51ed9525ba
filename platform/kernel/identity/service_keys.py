"""The keys by which this process signs its questions to other services (Ed25519, RFC 8037)."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from jwt import PyJWTError
from jwt.algorithms import OKPAlgorithm
from jwt.utils import base64url_encode

from kernel.identity.jwks import FRESH_SECONDS, RETIRED, SigningKey, read_keys

ALGORITHM = "EdDSA"
#: A new key is published so long before it signs: by then everybody has fetched it.
AHEAD_SECONDS = 2 * FRESH_SECONDS
#: A key that has been followed by another stays published so long: no token lives longer.
KEPT_SECONDS = 600.0
#: After that its public part verifies files that it had signed, for 400 days, and no token.
RETIRED_SECONDS = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """One private key and when it was made, in seconds since 1970."""

    kid: str
    private: Ed25519PrivateKey
    made_at: float

    @classmethod
    def new(cls, made_at: float) -> "ServiceKey":
        """Make a key that nobody knows; one made at 0 signs at once."""
        return cls.of(Ed25519PrivateKey.generate(), made_at)

    @classmethod
    def of(cls, private: Ed25519PrivateKey, made_at: float) -> "ServiceKey":
        """Return a key under the id that its public part gives it."""
        return cls(_thumbprint(_public(private)), private, made_at)

    @property
    def signs_from(self) -> float:
        return self.made_at + AHEAD_SECONDS

    def jwk(self) -> dict[str, Any]:
        """Return the public part."""
        return {
            **_public(self.private),
            "kid": self.kid,
            "use": "sig",
            "alg": ALGORITHM,
        }

    def stored(self) -> dict[str, Any]:
        """Return the whole as it is kept."""
        return {**self.jwk(), **OKPAlgorithm.to_jwk(self.private, as_dict=True)} | {
            "made_at": self.made_at
        }


class Keyring:
    """The keys in a file, the oldest first: made when there is none, read anew when it changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] = (0, 0)
        self._keys: Sequence[ServiceKey] = ()
        self._retired: Sequence[dict[str, Any]] = ()
        self._public: dict[str, SigningKey] = {}

    def signing(self) -> ServiceKey:
        """Return the newest key that everybody has had the time to fetch."""
        now = time.time()
        keys = self._read()
        return next((key for key in reversed(keys) if key.signs_from <= now), keys[0])

    def jwks(self) -> dict[str, Any]:
        """Return the JWK set that this process publishes, those that have retired last.

        These tell since when by `RETIRED`, which is how whoever verifies tokens passes them over.
        """
        keys = self._read()
        return {"keys": [*_jwks(_published(keys))["keys"], *_retired(keys, self._retired)]}

    def find(self, kid: str) -> SigningKey | None:
        self._read()
        return self._public.get(kid)

    def holds(self, key: SigningKey) -> bool:
        return self.find(key.kid) is key

    def rotate(self, *, at_once: bool = False) -> ServiceKey:
        """Make a key that takes over when all have fetched it.

        `at_once`: it signs from now on, and what was signed by the others, whoever has them, is
        worth nothing any more.
        """
        keys = self._read()
        kept = () if at_once else _published(keys)
        retired = _retired(() if at_once else keys, self._retired)
        key = ServiceKey.new(0 if at_once else time.time())
        self._write([*kept, key], retired)
        return key

    def _read(self) -> Sequence[ServiceKey]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._write([ServiceKey.new(0)], (), first=True)
            status = self.path.stat()
        seen = status.st_mtime_ns, status.st_ino
        if seen != self._seen:
            self._keys, self._retired = _loaded(self.path)
            self._public = read_keys(_jwks(self._keys), [ALGORITHM])
            self._seen = seen
        return self._keys

    def _write(
        self, keys: Sequence[ServiceKey], retired: Sequence[dict[str, Any]], *, first: bool = False
    ) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Readable by us alone from the beginning.
        handle, draft = tempfile.mkstemp(dir=self.path.parent)
        with os.fdopen(handle, "w") as file:
            told = {"keys": [key.stored() for key in keys], "retired": retired}
            json.dump(told, file, indent=1)
        if not first:
            Path(draft).replace(self.path)
            return
        try:
            # A link appears whole or not at all, and fails when another process was first.
            os.link(draft, self.path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()


@cache
def keyring() -> Keyring:
    """Return the keys of this process."""
    return Keyring(settings.SERVICE_KEYS)


def _jwks(keys: Sequence[ServiceKey]) -> dict[str, Any]:
    return {"keys": [key.jwk() for key in keys]}


def _published(keys: Sequence[ServiceKey]) -> list[ServiceKey]:
    return [key for key, until in _standing(keys) if until > time.time()]


def _retired(keys: Sequence[ServiceKey], before: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the public parts of keys that no token is signed by, the oldest first."""
    now = time.time()
    over = [key.jwk() | {RETIRED: until} for key, until in _standing(keys) if until <= now]
    return [one for one in (*before, *over) if one[RETIRED] > now - RETIRED_SECONDS]


def _standing(keys: Sequence[ServiceKey]) -> list[tuple[ServiceKey, float]]:
    """Return keys, each with the moment until which it is published for tokens."""
    ends = [later.signs_from + KEPT_SECONDS for later in keys[1:]]
    return list(zip(keys, [*ends, inf], strict=True)) if keys else []


def _loaded(path: Path) -> tuple[list[ServiceKey], list[dict[str, Any]]]:
    try:
        told = json.loads(path.read_text())
        listed = told["keys"]
        keys = [ServiceKey.of(_private(one), float(one.get("made_at", 0))) for one in listed]
        retired = [_public_alone(one) for one in told.get("retired", ())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PyJWTError) as error:
        raise ImproperlyConfigured(
            f"SERVICE_KEYS={path}: expected a JWK set of private Ed25519 keys"
            f" ({type(error).__name__}); remove the file to have a new one made"
        ) from None
    if not keys:
        raise ImproperlyConfigured(f"SERVICE_KEYS={path}: expected a key, found none")
    return keys, retired


def _public_alone(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("crv", "kty", "x", "kid", "use", "alg", RETIRED)}


def _private(jwk: dict[str, Any]) -> Ed25519PrivateKey:
    key = OKPAlgorithm.from_jwk(jwk)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("no private Ed25519 key")
    return key


def _public(private: Ed25519PrivateKey) -> dict[str, Any]:
    jwk = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {name: jwk[name] for name in ("crv", "kty", "x")}


def _thumbprint(public: dict[str, Any]) -> str:
    """Return the key's id as RFC 7638 makes it."""
    text = json.dumps(public, separators=(",", ":"), sort_keys=True)
    return base64url_encode(hashlib.sha256(text.encode()).digest()).decode()
