"""What signed tokens have in common: read without belief, then verified (RFC 7519, 8725)."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

import jwt
import orjson
from jwt.exceptions import InvalidSubjectError

from kernel.identity.jwks import KeySource, KeysUnavailableError, SigningKey
from kernel.identity.reasons import CredentialRefusedError, Reason

#: No header is longer than this at the servers and proxies that are common.
MOST_CHARACTERS = 8_000

_REASONS: dict[type[jwt.PyJWTError], Reason] = {
    jwt.ExpiredSignatureError: Reason.EXPIRED,
    jwt.ImmatureSignatureError: Reason.NOT_YET_VALID,
    jwt.InvalidAudienceError: Reason.AUDIENCE,
    jwt.InvalidSignatureError: Reason.SIGNATURE,
    jwt.InvalidKeyError: Reason.ALGORITHM,
    jwt.MissingRequiredClaimError: Reason.CLAIMS,
    InvalidSubjectError: Reason.CLAIMS,
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it came: nothing of it is believed yet."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def credential(self) -> str:
        """Return which token it is, for people who look for it."""
        return f"iss {shown(self.claims.get('iss'))}, kid {shown(self.header.get('kid'))}"

    def refused(self, reason: Reason, detail: str) -> CredentialRefusedError:
        """Return the error that says why this token opens nothing."""
        return CredentialRefusedError(reason, detail, credential=self.credential)


def read_token(text: str) -> Token:
    """Take a token apart, to find the keys of its issuer; raises CredentialRefusedError."""
    if len(text) > MOST_CHARACTERS:
        raise CredentialRefusedError(Reason.MALFORMED, f"a token of {len(text)} characters")
    parts = text.split(".")
    if len(parts) != 3:
        raise CredentialRefusedError(Reason.MALFORMED, f"a token of {len(parts)} parts")
    try:
        header, claims = (orjson.loads(urlsafe_b64decode(f"{part}==")) for part in parts[:2])
    except ValueError:
        raise CredentialRefusedError(Reason.MALFORMED, "a token that is not JSON") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise CredentialRefusedError(Reason.MALFORMED, "a token of no JSON objects")
    return Token(text, header, claims)


def verify(
    token: Token, *, keys: KeySource, issuer: str, audience: tuple[str, ...], leeway_seconds: int
) -> tuple[SigningKey, dict[str, Any]]:
    """Return the key and the claims of a token of this issuer; raises CredentialRefusedError.

    It has `exp`, `aud` and `sub`; `nbf` and `iat` are looked at where it has them.
    """
    key = _key(token, keys)
    algorithm = str(token.header.get("alg"))
    # The header only chooses among what the issuer's entry and the key itself allow.
    public = key.by_algorithm.get(algorithm)
    if public is None:
        raise token.refused(Reason.ALGORITHM, f"alg {shown(token.header.get('alg'))}")
    try:
        claims = jwt.decode(
            token.text,
            public,
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            leeway=leeway_seconds,
            options={"require": ["exp", "aud", "sub"], "enforce_minimum_key_length": True},
        )
    except jwt.PyJWTError as error:
        raise token.refused(_REASONS.get(type(error), Reason.MALFORMED), str(error)) from None
    return key, claims


def shown(value: Any) -> str:
    """Return what a stranger wrote, short enough to be logged."""
    return repr(value)[:100]


def _key(token: Token, keys: KeySource) -> SigningKey:
    try:
        key = keys.find(str(token.header.get("kid") or ""))
    except KeysUnavailableError as error:
        raise token.refused(Reason.SIGNING_KEYS_MISSING, str(error)) from None
    if key is None:
        raise token.refused(Reason.SIGNING_KEY_UNKNOWN, "")
    return key
