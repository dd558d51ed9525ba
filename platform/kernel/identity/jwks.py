"""The public keys by which tokens are verified: given, or fetched and kept (RFC 7517)."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock, Thread
from typing import Any, Protocol

import orjson
from jwt import PyJWK, PyJWTError

from kernel.errors import DomainError
from kernel.outbound.client import fetch
from kernel.outbound.limits import Limits
from kernel.outbound.reach import Reach

logger = logging.getLogger(__name__)

#: Every algorithm that can be allowed, and the kind of key it takes: type, and curve if it has one.
#: Each has a private and a public key, so nobody who can verify a token can make one; shared
#: secrets and `none` are not among them.
ALGORITHMS = {
    "EdDSA": ("OKP", "Ed25519"),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
}
#: What only private keys and shared secrets have (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
_PRIVATE_MEMBERS = frozenset({"d", "k"})

#: A set of keys is fetched anew when it is so old, in the background.
FRESH_SECONDS = 300.0
#: For a key that is not in the set, and after a failure, it is fetched at most so often.
LEAST_PAUSE_SECONDS = 60.0
#: As long as there is no set at all, the pause is shorter: the issuer may only just have started.
FIRST_PAUSE_SECONDS = 5.0
FETCH_LIMITS = Limits(total=timedelta(seconds=3), response_bytes=256 * 1024)
MOST_KEYS = 100


class KeysUnavailableError(Exception):
    """A set of keys could not be had, or is none."""


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """One published key, equal to itself alone, and the algorithms it may be used with."""

    kid: str
    by_algorithm: Mapping[str, PyJWK]


Keys = Mapping[str, SigningKey]


class KeySource(Protocol):
    """Where the keys of one issuer come from."""

    def find(self, kid: str) -> SigningKey | None:
        """Return the key of this id, or the only one there is where `kid` is empty.

        Raises KeysUnavailableError when there never was a set of keys.
        """
        ...

    def holds(self, key: SigningKey) -> bool:
        """Say whether this key is still published, without waiting for anything."""
        ...


#: In a published key: since when, in seconds since 1970, it signs no token any more.
RETIRED = "septet_retired_at"


def read_keys(jwks: Any, allowed: Iterable[str]) -> dict[str, SigningKey]:
    """Return the keys of a JWK set that can verify by an allowed algorithm.

    Which algorithms a key is good for is told by the key and by us, never by a token. Raises
    KeysUnavailableError for what is no set of public keys.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list):
        raise KeysUnavailableError('a JWK set is {"keys": […]}')
    found: dict[str, SigningKey] = {}
    for jwk in listed[:MOST_KEYS]:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or RETIRED in jwk:
            continue
        if _PRIVATE_MEMBERS & jwk.keys():
            raise KeysUnavailableError("the set holds a private key or a shared secret")
        kid = jwk.get("kid", "")
        by_algorithm = _usable(jwk, allowed)
        if isinstance(kid, str) and by_algorithm:
            found[kid] = SigningKey(kid, by_algorithm)
    if not found:
        raise KeysUnavailableError("the set holds no key for an allowed algorithm")
    return found


def _usable(jwk: dict[str, Any], allowed: Iterable[str]) -> dict[str, PyJWK]:
    usable = {}
    for algorithm in allowed:
        kind = jwk.get("kty"), jwk.get("crv")
        if kind != ALGORITHMS[algorithm] or jwk.get("alg", algorithm) != algorithm:
            continue
        try:
            usable[algorithm] = PyJWK(jwk, algorithm)
        except PyJWTError:
            logger.warning("a published key cannot be read", extra={"kid": str(jwk.get("kid"))})
    return usable


class FixedKeys:
    """Keys that were given with the settings."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def find(self, kid: str) -> SigningKey | None:
        return _chosen(self._keys, kid)

    def holds(self, key: SigningKey) -> bool:
        return self._keys.get(key.kid) is key


class FetchedKeys:
    """Keys behind an address: fetched by one at a time, and the last good set is kept.

    A token with an unknown `kid` makes us look again, at most once a minute. While the address
    gives no answer, what was fetched before goes on being good.
    """

    def __init__(
        self,
        url: str,
        allowed: Iterable[str],
        *,
        fetch_with: Callable[[str], bytes] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self._allowed = tuple(allowed)
        self._fetch = fetch_with or fetch_jwks
        self._now = now
        self._lock = Lock()
        self._keys: Keys = {}
        self._body = b""
        self._next_fetch = float("-inf")
        self._stale_at = float("-inf")

    def find(self, kid: str) -> SigningKey | None:
        self._refresh_when_stale()
        key = _chosen(self._keys, kid)
        if key is None:
            # Whoever comes while another fetches waits for that, and does not fetch again.
            with self._lock:
                if _chosen(self._keys, kid) is None and self._now() >= self._next_fetch:
                    self._fetch_now()
            key = _chosen(self._keys, kid)
        if key is None and not self._keys:
            raise KeysUnavailableError(f"no keys could be fetched from {self.url}")
        return key

    def holds(self, key: SigningKey) -> bool:
        self._refresh_when_stale()
        return self._keys.get(key.kid) is key

    def _refresh_when_stale(self) -> None:
        now = self._now()
        if now < self._stale_at or now < self._next_fetch or not self._keys:
            return
        if self._lock.acquire(blocking=False):
            Thread(target=self._fetch_in_background, name="jwks", daemon=True).start()

    def _fetch_in_background(self) -> None:
        try:
            self._fetch_now()
        finally:
            self._lock.release()

    def _fetch_now(self) -> None:
        pause = LEAST_PAUSE_SECONDS if self._keys else FIRST_PAUSE_SECONDS
        self._next_fetch = self._now() + pause
        try:
            body = self._fetch(self.url)
            if body != self._body:
                # Of the same text the same keys are kept: they are compared by identity.
                self._keys = read_keys(_json(body), self._allowed)
                self._body = body
            self._stale_at = self._now() + FRESH_SECONDS
        except KeysUnavailableError as error:
            logger.warning(
                "keys of an issuer could not be fetched",
                extra={"url": self.url, "error": str(error), "kept": len(self._keys)},
            )


def _chosen(keys: Keys, kid: str) -> SigningKey | None:
    if kid:
        return keys.get(kid)
    return next(iter(keys.values())) if len(keys) == 1 else None


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise KeysUnavailableError("the answer is not JSON") from None


def fetch_jwks(url: str) -> bytes:
    """Return what is at an address of our configuration, within limits of size and time.

    Raises KeysUnavailableError. Redirects are not followed.
    """
    try:
        answer = fetch(
            "GET",
            url,
            purpose="jwks",
            headers={"Accept": "application/jwk-set+json, application/json"},
            limits=FETCH_LIMITS,
            reach=Reach.OPERATOR,
        )
    except DomainError as error:
        raise KeysUnavailableError(str(error)) from None
    if answer.status != 200:
        raise KeysUnavailableError(f"status {answer.status}")
    return answer.body
