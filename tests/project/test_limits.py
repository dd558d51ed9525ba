"""The page of limits: each setting and code that it names is there, and so is each default."""

import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as settings_
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.identity.models import Tenant
from kernel.tenancy.context import Principal, acting_as
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from project.graph import subgraph
from project.management.commands.serve import serve_here

ROOT = Path(settings_.BASE_DIR)
PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
#: The defaults that were decided for everybody, and for processes that only a gateway reaches.
DECIDED = {
    "GRAPHQL_MAX_BODY_BYTES": (1_000_000, 2_000_000),
    "GRAPHQL_MAX_TOKENS": (1_000, 15_000),
    "GRAPHQL_MAX_ALIASES": (15, 30),
    "GRAPHQL_MAX_DEPTH": (12, 12),
    "GRAPHQL_MAX_DIRECTIVES": (50, 50),
    "GRAPHQL_MAX_REPRESENTATIONS": (1_000, 1_000),
    "GRAPHQL_MAX_COST": (5_000, 20_000),
}


def rows() -> list[list[str]]:
    """Return the cells of each row that names a setting or a code."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(text: str) -> set[str]:
    """Return the settings and codes that a text names."""
    return set(re.findall(r"`([A-Z][A-Z_]+)`", text))


def test_every_setting_that_limits_is_on_the_page() -> None:
    limiting = {name for name in names(SETTINGS) if re.search(r"(^|_)MAX_|^RATE_LIMIT_", name)}

    assert limiting
    assert limiting <= names(PAGE)


def test_every_name_on_the_page_is_a_setting_or_a_code() -> None:
    assert names(PAGE) - names(SETTINGS) - names(ERRORS) == set()


@pytest.mark.parametrize("name", DECIDED)
def test_the_page_tells_the_defaults(name: str) -> None:
    (row,) = [row for row in rows() if row[3:4] == [f"`{name}`"]]
    told = [_number(cell) for cell in row[1:3]]

    assert told == list(DECIDED[name])


@pytest.mark.parametrize(("kind", "place"), [("public", 0), ("gateway", 1)])
def test_the_defaults_are_those_that_were_decided(kind: str, place: int, tmp_path: Path) -> None:
    script = (
        "import json, django; django.setup(); from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {list(DECIDED)}}}))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(tmp_path),
        "GRAPHQL_LIMITS": kind,
    }

    said = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True)

    assert json.loads(said) == {name: both[place] for name, both in DECIDED.items()}


@pytest.mark.parametrize(
    ("name", "document", "needed"),
    [
        ("tokens", "{ __typename }", 3),
        ("depth", "{ files { edges { node { id } } } }", 4),
        ("depth", "{ files { ...F } } fragment F on FileConnection { nodes { id } }", 3),
        ("aliases", "{ a: __typename b: __typename }", 2),
        ("directives", "{ __typename @skip(if: false) @include(if: true) }", 2),
        ("cost", "{ files(first: 7) { nodes { id } } }", 8),
    ],
)
def test_a_document_that_needs_one_more_than_a_limit_is_refused(
    tenant: Tenant, name: str, document: str, needed: int
) -> None:
    wide = Limits(tokens=100, depth=10, aliases=10, directives=10, cost=1_000)
    request = GraphQLRequest(document, {}, None)
    reader = Principal(
        kind="key", id="a", name="a", tenant_id=tenant.pk, scopes=frozenset({"files:read"})
    )
    with acting_as(reader):
        enough, too_few = (
            Endpoint(subgraph("files").schema, replace(wide, **{name: limit})).answer(request).body
            for limit in (needed, needed - 1)
        )

    assert "errors" not in enough
    assert [error["extensions"]["code"] for error in too_few["errors"]] == ["LIMIT_EXCEEDED"]


@pytest.mark.parametrize(("rows", "codes"), [(100, []), (101, ["INVALID_INPUT"])])
def test_a_page_has_at_most_100_rows(tenant: Tenant, rows: int, codes: list[str]) -> None:
    graphql = GraphQLClient(make_key(tenant).secret)

    for argument in ("first", "last"):
        assert graphql(f"{{ files({argument}: {rows}) {{ nodes {{ id }} }} }}").codes == codes


def test_the_server_reads_no_longer_body_than_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(
        "project.management.commands.serve.serve", lambda *_, **all_: told.update(all_)
    )
    monkeypatch.setattr("project.management.commands.serve.written_down", nullcontext)
    settings.GRAPHQL_MAX_BODY_BYTES = 1_000_000
    limits = []
    for form in (2_500_000, 10_000):
        settings.MAX_BODY_BYTES = form
        serve_here(print)
        limits.append(told["most_body_bytes"])

    assert limits == [2_500_000, 1_000_000]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [
        {f"field-{number}": "x" for number in range(1_001)},
        {"file": SimpleUploadedFile("a.txt", b"x")},
        {"field": "x" * 2_500_001},
    ],
    ids=["too many fields", "a file", "too long"],
)
def test_a_form_over_a_limit_is_refused(sent: dict[str, Any]) -> None:
    page = reverse(settings_.LOGIN_URL)

    assert Client().post(page, {"login": "a", "password": "b"}).status_code == 200
    assert Client(raise_request_exception=False).post(page, sent).status_code == 400


def _number(cell: str) -> int:
    number, _, unit = cell.partition(" ")
    return int(number.replace(",", "")) * (1_000_000 if unit == "MB" else 1)
