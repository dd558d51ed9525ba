"""Datasets over HTTP: who is let in, what is answered, and what is refused with its code."""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from kernel.env import Rate
from kernel.identity.models import Tenant
from kernel.ratelimits.limiter import limiter
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.graphql import http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.kernel.datasets.notes import NAME, NOTES, READ, SERVICE, WRITE, stored

pytestmark = pytest.mark.usefixtures("notes")

DATASETS = f"/{SERVICE}/api/datasets/"
BATCHES = f"{DATASETS}{NAME}/batches"


class Caller:
    """A program with a key."""

    def __init__(self, secret: str = "") -> None:
        self._http = http_client()
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str) -> HttpResponse:
        return self._http.get(path, headers=self._headers)  # type: ignore[return-value]  # the test client's

    def post(self, path: str, told: Any, batch: str = "", **more: Any) -> HttpResponse:
        return self._http.post(  # type: ignore[return-value]  # the test client's
            path,
            told if isinstance(told, str) else json.dumps(told),
            content_type=more.get("content_type", "application/json"),
            headers=self._headers | ({"Idempotency-Key": batch} if batch else {}),
        )


def body(response: HttpResponse) -> Any:
    return json.loads(response.content)


def refusal(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, body(response)["errors"][0]["extensions"]["code"]


@pytest.fixture
def caller(tenant: Tenant) -> Caller:
    """Somebody who may do all."""
    return Caller(make_key(tenant).secret)


def test_a_program_finds_reads_writes_and_undoes(caller: Caller) -> None:
    batch = {"mode": "upsert", "rows": [{"key": "a", "text": "1"}, {"key": "b", "text": "bad"}]}

    listed = body(caller.get(DATASETS))["datasets"]
    one = body(caller.get(DATASETS + NAME))
    dry = body(caller.post(BATCHES, batch | {"dry": True}))
    first = body(caller.post(BATCHES, batch, '"b-1"'))
    again = body(caller.post(BATCHES, batch, "b-1"))
    page = body(caller.get(f"{DATASETS}{NAME}/rows?limit=5&columns=key,text&text=1"))
    brought = body(caller.get(f"{BATCHES}/b-1/rows"))
    undone = body(caller.post(f"{BATCHES}/b-1/undo", {}))

    assert one in listed
    assert one == json.loads(json.dumps(NOTES.told())) | {"readable": True, "writable": True}
    assert dry == first == again
    assert [(row["done"], row["code"]) for row in first["results"]] == [
        ("inserted", ""),
        ("refused", "INVALID_INPUT"),
    ]
    assert page == {"rows": [{"key": "a", "text": "1"}], "next": ""}
    assert brought["changed"] == 1
    assert [(row["key"], row["text"]) for row in brought["rows"]] == [("a", "1")]
    assert undone == {"undone": 1, "kept": []}
    assert stored() == {}


@pytest.mark.parametrize(
    ("told", "batch", "expected"),
    [
        ("no json", "b", (400, "INVALID_INPUT")),
        ("[]", "b", (400, "INVALID_INPUT")),
        ("[" * 5_000, "b", (400, "INVALID_INPUT")),
        ({"rows": [{}]}, "b", (400, "INVALID_INPUT")),
        ({"mode": "burn", "rows": [{}]}, "b", (400, "INVALID_INPUT")),
        ({"mode": "upsert", "rows": {}}, "b", (400, "INVALID_INPUT")),
        ({"mode": "upsert", "rows": [{}], "dry": 1}, "b", (400, "INVALID_INPUT")),
        ({"mode": "upsert", "rows": [{}], "more": 1}, "b", (400, "INVALID_INPUT")),
        ({"mode": "upsert", "rows": [{}]}, "", (400, "INVALID_INPUT")),
        ({"mode": "upsert", "rows": [{}] * 51}, "b", (400, "LIMIT_EXCEEDED")),
        ({"mode": "upsert", "rows": ["x" * 16_000_000]}, "b", (413, "PAYLOAD_TOO_LARGE")),
    ],
)
def test_what_is_no_batch_is_refused(
    caller: Caller, told: Any, batch: str, expected: tuple[int, str]
) -> None:
    assert refusal(caller.post(BATCHES, told, batch)) == expected


def test_a_form_is_no_batch(caller: Caller) -> None:
    sent = caller.post(BATCHES, "rows=1", "b", content_type="application/x-www-form-urlencoded")

    assert refusal(sent) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{DATASETS}{NAME}/rows?limit=x", (400, "INVALID_INPUT")),
        (f"{DATASETS}{NAME}/rows?limit=0", (400, "INVALID_INPUT")),
        (f"{DATASETS}{NAME}/rows?colour=red", (400, "INVALID_INPUT")),
        (f"{DATASETS}{SERVICE}.nothing/rows", (404, "NOT_FOUND")),
        (f"{DATASETS}nobody.nothing", (404, "NOT_FOUND")),
        (BATCHES, (405, "METHOD_NOT_ALLOWED")),
        (f"{BATCHES}/b-1/undo", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_what_cannot_be_asked_is_told_by_its_code(
    caller: Caller, path: str, expected: tuple[int, str]
) -> None:
    assert refusal(caller.get(path)) == expected


def test_nobody_gets_in_without_the_scope_or_from_elsewhere(tenant: Tenant, caller: Caller) -> None:
    batch = {"mode": "upsert", "rows": [{"key": "a", "text": "1"}]}
    caller.post(BATCHES, batch, "b-1")
    nobody, wrong = Caller(), Caller(make_key(tenant, "tenant:read").secret)
    rows, known = f"{DATASETS}{NAME}/rows", f"{DATASETS}{NAME}/known"

    for who, expected in ((nobody, (401, "UNAUTHENTICATED")), (wrong, (403, "FORBIDDEN"))):
        assert refusal(who.get(DATASETS + NAME)) == expected
        assert refusal(who.get(rows)) == expected
        assert refusal(who.post(known, {"values": ["a"]})) == expected
        assert refusal(who.post(BATCHES, batch, "b-2")) == expected
        assert refusal(who.post(f"{BATCHES}/b-1/undo", {})) == expected
        assert refusal(who.get(f"{BATCHES}/b-1/rows")) == expected
    assert refusal(nobody.get(DATASETS)) == (401, "UNAUTHENTICATED")
    assert NAME not in [one["name"] for one in body(wrong.get(DATASETS))["datasets"]]

    elsewhere = Caller(make_key(make_tenant()).secret)
    assert body(elsewhere.get(rows))["rows"] == []
    assert body(elsewhere.post(known, {"values": ["a"]})) == {"known": []}
    assert body(caller.post(known, {"values": ["a", "b", "a", 1, None]})) == {"known": ["a"]}
    assert refusal(elsewhere.post(f"{BATCHES}/b-1/undo", {})) == (404, "NOT_FOUND")
    assert refusal(elsewhere.get(f"{BATCHES}/b-1/rows")) == (404, "NOT_FOUND")
    with acting_as(somebody(tenant.pk, READ, WRITE)):
        assert stored() == {"a": "1"}


def test_a_page_and_a_batch_cost_what_they_are(caller: Caller, settings: Any) -> None:
    # So slowly that nothing comes back meanwhile.
    settings.RATE_LIMIT_CREDENTIAL = Rate(1, 40_000)
    limiter.cache_clear()
    batch = {"mode": "upsert", "rows": ["x" * 20_000]}

    left = [
        int(response["RateLimit"].split(";r=")[1].split(";")[0])
        for response in (
            caller.get(DATASETS),
            caller.get(f"{DATASETS}{NAME}/rows?limit=50"),
            caller.post(BATCHES, batch, "b"),
        )
    ]

    assert (left[0] - left[1], left[1] - left[2]) == (6, 21)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, (400, "INVALID_INPUT")),
        ({"values": "a"}, (400, "INVALID_INPUT")),
        ({"values": ["a"], "mode": "x"}, (400, "INVALID_INPUT")),
        ({"values": []}, (400, "LIMIT_EXCEEDED")),
        ({"values": ["a"] * 51}, (400, "LIMIT_EXCEEDED")),
    ],
)
def test_what_asks_for_no_keys_is_refused(
    caller: Caller, sent: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(caller.post(f"{DATASETS}{NAME}/known", sent)) == expected
