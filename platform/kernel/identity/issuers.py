"""Who may issue tokens for people: a table of our configuration, JSON in a setting or a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.identity.jwks import (
    ALGORITHMS,
    FetchedKeys,
    FixedKeys,
    KeySource,
    KeysUnavailableError,
    read_keys,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """One issuer that is trusted, and how its tokens are read."""

    #: What its tokens say as `iss`, letter by letter.
    iss: str
    #: What its tokens have to be meant for: one of these is in `aud`.
    audience: tuple[str, ...]
    algorithms: tuple[str, ...]
    keys: KeySource
    #: The claim that names the tenant, and whether by its id or its slug.
    tenant_claim: str = "tenant"
    tenant_by: Literal["id", "slug"] = "slug"
    #: The slugs of the tenants it may speak for; all of them when there is none.
    tenants: frozenset[str] = frozenset()
    #: The claim with the scopes: a text with spaces between them, or a list.
    scope_claim: str = "scope"
    #: Only scopes that begin so count, without it.
    scope_prefix: str = ""
    name_claim: str = "name"
    #: Before each `sub`, so that the same one of two issuers is not taken for one person.
    subject_prefix: str = ""
    #: What the header has to say as `typ`, such as `at+jwt` (RFC 9068); anything when empty.
    typ: str = ""


_OPTIONAL_TEXTS = (
    "tenant_claim",
    "scope_claim",
    "scope_prefix",
    "name_claim",
    "subject_prefix",
    "typ",
)
_MEMBERS = {one.name for one in fields(Issuer)} | {"jwks_url"}


def read_issuers(text: str) -> Mapping[str, Issuer]:
    """Return the issuers by `iss` of a JSON list, or of the file that the text names.

    Raises ImproperlyConfigured, naming the issuer and the member that is wrong.
    """
    text = text.strip()
    if not text:
        return {}
    try:
        listed = json.loads(text if text.startswith("[") else Path(text).read_text())
    except OSError as error:
        raise ImproperlyConfigured(f"JWT_ISSUERS={text}: {error.strerror}") from None
    except ValueError as error:
        raise ImproperlyConfigured(f"JWT_ISSUERS: expected a JSON list, {error}") from None
    if not isinstance(listed, list):
        raise ImproperlyConfigured("JWT_ISSUERS: expected a JSON list")
    issuers = [_issuer(one) for one in listed]
    found = {issuer.iss: issuer for issuer in issuers}
    if len(found) < len(issuers):
        raise ImproperlyConfigured("JWT_ISSUERS: an issuer is listed once, found one twice")
    prefixes = {issuer.subject_prefix for issuer in issuers}
    if len(prefixes) < len(issuers):
        raise ImproperlyConfigured(
            "JWT_ISSUERS: several issuers have a subject_prefix each, or the same `sub` of two"
            " would be one person"
        )
    return found


@cache
def known_issuers() -> Mapping[str, Issuer]:
    """Return the issuers of this process; raises ImproperlyConfigured."""
    return read_issuers(settings.JWT_ISSUERS)


def _issuer(told: Any) -> Issuer:
    if not isinstance(told, dict) or not isinstance(told.get("iss"), str) or not told["iss"]:
        raise ImproperlyConfigured('JWT_ISSUERS: each issuer is an object with "iss"')
    entry = _Entry(told)
    entry.refuse_unless(told.keys() <= _MEMBERS, f"members out of {', '.join(sorted(_MEMBERS))}")
    algorithms = entry.texts("algorithms")
    entry.refuse_unless(
        set(algorithms) <= ALGORITHMS.keys(), f"algorithms out of {', '.join(sorted(ALGORITHMS))}"
    )
    by = told.get("tenant_by", "slug")
    entry.refuse_unless(by in {"id", "slug"}, "tenant_by as id or slug")
    return Issuer(
        iss=told["iss"],
        audience=entry.texts("audience"),
        algorithms=algorithms,
        keys=_keys(entry, algorithms),
        tenant_by=cast(Literal["id", "slug"], by),
        tenants=frozenset(entry.texts("tenants")) if "tenants" in told else frozenset(),
        **{name: entry.text(name) for name in _OPTIONAL_TEXTS if name in told},
    )


def _keys(entry: "_Entry", algorithms: tuple[str, ...]) -> KeySource:
    told = entry.told
    entry.refuse_unless(("jwks_url" in told) != ("keys" in told), "either jwks_url or keys")
    if "keys" in told:
        try:
            return FixedKeys(read_keys({"keys": told["keys"]}, algorithms))
        except KeysUnavailableError as error:
            raise ImproperlyConfigured(f"JWT_ISSUERS, {told['iss']}: keys: {error}") from None
    url = entry.text("jwks_url")
    entry.refuse_unless(url.startswith(("https://", "http://")), "jwks_url as an http(s) address")
    return FetchedKeys(url, algorithms)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the table, read member by member."""

    told: dict[str, Any]

    def refuse_unless(self, good: bool, expected: str) -> None:
        if not good:
            raise ImproperlyConfigured(f"JWT_ISSUERS, {self.told['iss']}: expected {expected}")

    def text(self, name: str) -> str:
        value = self.told.get(name)
        self.refuse_unless(isinstance(value, str), f"{name} as a text")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return one text or a list of them."""
        value = self.told.get(name)
        listed = [value] if isinstance(value, str) else value
        good = isinstance(listed, list) and all(isinstance(one, str) and one for one in listed)
        self.refuse_unless(bool(listed) and good, f"{name} as a text or a list of texts")
        return tuple(cast(list[str], listed))
