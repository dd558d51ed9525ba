"""The table of issuers: what can be said in it, and what is told of a mistake."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.identity.issuers import read_issuers
from kernel.identity.jwks import ALGORITHMS, FetchedKeys, FixedKeys
from tests.kernel.identity.issuing import Signer

KEY = Signer().jwk()
ENTRY = {"iss": "https://x/", "audience": "septet", "algorithms": ["EdDSA"], "keys": [KEY]}


def changed(**members: Any) -> str:
    told = ENTRY | members
    return json.dumps([{name: value for name, value in told.items() if value is not None}])


def test_nothing_said_means_nobody_is_trusted() -> None:
    assert read_issuers(" ") == {}


def test_an_issuer_is_read_with_all_that_can_be_said() -> None:
    text = changed(
        audience=["septet", "other"],
        keys=None,
        jwks_url="https://x/keys",
        tenant_claim="org",
        tenant_by="id",
        tenants=["acme"],
        scope_claim="scp",
        scope_prefix="septet/",
        name_claim="email",
        subject_prefix="x|",
        typ="at+jwt",
    )

    issuer = read_issuers(text)["https://x/"]

    assert (issuer.audience, issuer.algorithms) == (("septet", "other"), ("EdDSA",))
    assert (issuer.tenant_claim, issuer.tenant_by) == ("org", "id")
    assert issuer.tenants == {"acme"}
    assert (issuer.scope_claim, issuer.scope_prefix) == ("scp", "septet/")
    assert (issuer.name_claim, issuer.subject_prefix) == ("email", "x|")
    assert issuer.typ == "at+jwt"
    assert isinstance(issuer.keys, FetchedKeys)
    assert issuer.keys.url == "https://x/keys"


def test_the_table_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(changed())

    assert isinstance(read_issuers(str(file))["https://x/"].keys, FixedKeys)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "eddsa", ""])
def test_no_algorithm_without_a_private_key_can_be_allowed(algorithm: str) -> None:
    assert algorithm not in ALGORITHMS
    with pytest.raises(ImproperlyConfigured, match="algorithms"):
        read_issuers(changed(algorithms=["EdDSA", algorithm]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/no/such/file.json", "No such file"),
        ("[", "expected a JSON list"),
        ("[1]", 'an object with "iss"'),
        (changed(iss=""), 'an object with "iss"'),
        (changed(audience=None), "https://x/: expected audience as a text or a list"),
        (changed(audience=[]), "audience as a text or a list"),
        (changed(audience=[1]), "audience as a text or a list"),
        (changed(algorithms=None), "algorithms as a text or a list"),
        (changed(keys=None), "either jwks_url or keys"),
        (changed(jwks_url="https://x/keys"), "either jwks_url or keys"),
        (changed(keys=None, jwks_url="file:///etc/passwd"), "jwks_url as an http"),
        (changed(keys=[]), "keys: the set holds no key"),
        (changed(keys=[KEY | {"d": "x"}]), "keys: the set holds a private key"),
        (changed(tenant_by="name"), "tenant_by as id or slug"),
        (changed(tenants=[]), "tenants as a text or a list"),
        (changed(scope_claim=1), "scope_claim as a text"),
        (changed(secret="x"), "members out of"),
        (json.dumps([ENTRY, ENTRY]), "listed once"),
        (json.dumps([ENTRY, ENTRY | {"iss": "https://y/"}]), "have a subject_prefix each"),
    ],
)
def test_a_mistake_ends_the_start_with_a_sentence_that_names_it(text: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        read_issuers(text)
