"""Batches of entries over HTTP: what goes in, what does not, and where a body breaks."""

import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from apps.audit.adapters import bodies
from apps.audit.models import AuditLog
from apps.audit.services import intake
from contracts.audit import AuditLogsRecorded
from kernel.identity.models import Tenant
from kernel.serving.asgi import ClientGoneError
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.processes import environment_beside
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.beside import Beside

JSONL = "application/jsonl"
PACKED = {"Content-Encoding": "gzip"}


def told(action: str, **more: Any) -> dict[str, Any]:
    """Return an entry in the form of `CreateAuditLogInput`."""
    return {
        "action": action,
        "occurredAt": "2026-05-01T12:00:00Z",
        "actor": {"type": "user", "id": "u-1"},
        **more,
    }


def lines_of(entries: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in entries)


class Sender:
    """Somebody with a key for writing."""

    def __init__(self, tenant: Tenant, scope: str = "audit:write") -> None:
        self.headers = {"Authorization": f"Bearer {make_key(tenant, scope).secret}"}

    def send(self, body: bytes, query: str = "", *, kind: str = JSONL, **more: Any) -> Any:
        sent = {name: more.pop(name) for name in list(more) if "-" in name}
        return Client().post(
            f"/audit/api/logs{query}", body, content_type=kind, headers=self.headers | sent, **more
        )


@pytest.fixture
def sender(tenant: Tenant) -> Sender:
    """A sender with a key of the tenant."""
    return Sender(tenant)


def actions() -> list[str]:
    return sorted(AuditLog.objects.values_list("action", flat=True))


def recorded_at_once() -> list[int]:
    return [event.count for event in published() if isinstance(event, AuditLogsRecorded)]


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_batch_is_answered_line_by_line_and_goes_in_once(sender: Sender, packed: bool) -> None:
    body = lines_of([told("a.done"), told("b.done", idempotencyKey="b")])
    body += b'\n{"action": \n[1]\n' + lines_of([told("", idempotencyKey="c"), told("d.done")])
    headers = PACKED if packed else {}
    if packed:
        body = gzip.compress(body[:90]) + gzip.compress(body[90:])

    first, again = (sender.send(body, **headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    found = first.json()
    counts = ("read", "recorded", "known", "problems")
    assert [found[name] for name in counts] == [6, 3, 0, 3]
    assert [again.json()[name] for name in counts] == [6, 0, 3, 3]
    ids = {log.action: str(log.pk) for log in AuditLog.objects.all()}
    good = {1: "a.done", 2: "b.done", 7: "d.done"}
    for one in found["outcomes"]:
        if one["line"] in good:
            assert one == {"line": one["line"], "id": ids[good[one["line"]]], "new": True}
        else:
            assert one["error"]["code"] == "INVALID_INPUT"
    assert [one["line"] for one in found["outcomes"]] == [1, 2, 4, 5, 6, 7]
    assert "action is empty" in found["outcomes"][4]["error"]["message"]
    assert recorded_at_once() == [3]


def test_a_key_that_stands_for_another_entry_is_a_conflict(sender: Sender) -> None:
    sender.send(lines_of([told("a.done", idempotencyKey="k")]))

    found = sender.send(lines_of([told("b.done", idempotencyKey="k"), told("c.done")])).json()

    assert found["outcomes"][0]["error"]["code"] == "CONFLICT"
    assert actions() == ["a.done", "c.done"]


def test_the_key_of_a_request_lets_equal_lines_be_two_things(sender: Sender) -> None:
    body = lines_of([told("ping"), told("ping")])

    first, again = (sender.send(body, **{"Idempotency-Key": '"batch 1"'}).json() for _ in range(2))
    assert first["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    first, again = (sender.send(body, **{"Idempotency-Key": '"batch-1"'}).json() for _ in range(2))
    other = sender.send(lines_of([told("pong")]), **{"Idempotency-Key": "batch-1"}).json()
    without = sender.send(body).json()

    assert (first["recorded"], again["recorded"], again["known"]) == (2, 0, 2)
    assert other["outcomes"][0]["error"]["code"] == "CONFLICT"
    assert (without["recorded"], without["known"]) == (1, 1)
    assert actions() == ["ping"] * 3


def test_two_senders_may_choose_the_same_key(tenant: Tenant) -> None:
    body = lines_of([told("ping")])

    found = [Sender(tenant).send(body, **{"Idempotency-Key": "k"}).json() for _ in range(2)]

    assert [one["recorded"] for one in found] == [1, 1]


def test_all_or_nothing_records_nothing_when_one_line_is_bad(sender: Sender) -> None:
    good = [told(f"step.{number}") for number in range(3)]

    refused = sender.send(lines_of([*good, told("")]) + b"{\n", "?allOrNothing=true")
    none, events = actions(), recorded_at_once()
    done = sender.send(lines_of(good), "?allOrNothing=true").json()

    assert code_of(refused) == (409, "AUDIT_BATCH_REFUSED")
    codes = [one["error"]["code"] for one in refused.json()["outcomes"]]
    assert codes == ["AUDIT_BATCH_REFUSED"] * 3 + ["INVALID_INPUT"] * 2
    assert (none, events) == ([], [])
    assert (done["recorded"], done["problems"]) == (3, 0)


def test_all_or_nothing_takes_a_thousand(sender: Sender) -> None:
    many = lines_of([told(f"step.{number}") for number in range(1_001)])

    refused = sender.send(many, "?allOrNothing=true")
    typed = sender.send(many, "?allOrNothing=yes")

    assert code_of(refused) == (400, "LIMIT_EXCEEDED")
    assert code_of(typed) == (400, "INVALID_INPUT")
    assert actions() == []


def test_a_body_that_breaks_names_what_was_recorded(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines_of([told("step", idempotencyKey=f"k{number}") for number in range(1_200)])
    cut = gzip.compress(whole)[:-200]

    broken = sender.send(cut, **PACKED)
    recorded = AuditLog.objects.count()
    monkeypatch.setattr(intake, "MAX_BATCH", 2_000)
    refused = sender.send(cut, "?allOrNothing=true", **PACKED)
    again = sender.send(gzip.compress(whole), **PACKED).json()

    assert code_of(broken) == (400, "BROKEN_BODY")
    found = broken.json()
    assert found["recorded"] == recorded == len(found["outcomes"]) > 500
    assert found["outcomes"][-1]["line"] == recorded
    assert f"after line {recorded}" in found["errors"][0]["message"]
    assert code_of(refused) == (400, "BROKEN_BODY")
    assert refused.json()["outcomes"] == []
    assert (again["recorded"], again["known"]) == (1_200 - recorded, recorded)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x1f\x8bnonsense", "breaks"),
        (b"{}", "breaks"),
        # Without a time: all processes of a run give this case the same name.
        (gzip.compress(b"{}", mtime=0) + b"x", "breaks"),
    ],
)
def test_what_is_no_gzip_is_said_to_be_broken(sender: Sender, body: bytes, message: str) -> None:
    response = sender.send(body, **PACKED)

    assert code_of(response) == (400, "BROKEN_BODY")
    assert message in response.json()["errors"][0]["message"]


def test_a_bomb_is_found_before_it_is_held(sender: Sender) -> None:
    bomb = gzip.compress(b" " * 20_000_000)

    response = sender.send(bomb, **PACKED)

    assert len(bomb) < 30_000
    assert code_of(response) == (413, "PAYLOAD_TOO_LARGE")
    assert "100 times" in response.json()["errors"][0]["message"]


def test_limits_of_a_body(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_LINES", 2)
    long = sender.send(lines_of([told(f"step.{number}") for number in range(3)]))
    with override_settings(MAX_BODY_BYTES=10):
        large = sender.send(lines_of([told("a.done")]))
    monkeypatch.setattr(bodies, "MOST_PLAIN_BYTES", 1_200_000)
    packed = gzip.compress(json.dumps({"x": [*range(200_000)]}).encode())
    plain = sender.send(packed, **PACKED)

    assert code_of(long) == (400, "LIMIT_EXCEEDED")
    assert long.json()["recorded"] == 2
    assert code_of(large) == (413, "PAYLOAD_TOO_LARGE")
    assert code_of(plain) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("kind", "headers"),
    [("text/csv", {}), (JSONL, {"Content-Encoding": "br"})],
)
def test_other_forms_are_refused(sender: Sender, kind: str, headers: dict[str, str]) -> None:
    response = sender.send(lines_of([told("a.done")]), kind=kind, **headers)

    assert code_of(response) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert actions() == []


def test_cloudevents_are_known_by_source_and_id(sender: Sender) -> None:
    event = {
        "specversion": "1.0",
        "type": "order.paid",
        "source": "/shop",
        "id": "1",
        "time": "2026-05-01T12:00:00Z",
        "data": {"actor": {"type": "user", "id": "u-1"}},
    }
    batch = [event, event | {"source": "/other"}, event | {"id": ""}, event | {"data": 1}, 7]

    kind = "application/cloudevents-batch+json"
    found = sender.send(json.dumps(batch).encode(), kind=kind).json()
    again = sender.send(json.dumps(event).encode(), kind="application/cloudevents+json").json()
    no_json = sender.send(b"{", kind=kind)

    assert [one.get("new") for one in found["outcomes"]] == [True, True, None, None, None]
    assert [one["error"]["code"] for one in found["outcomes"][2:]] == ["INVALID_INPUT"] * 3
    assert (again["recorded"], again["known"]) == (0, 1)
    assert actions() == ["order.paid"] * 2
    assert code_of(no_json) == (400, "INVALID_INPUT")


def test_who_may_not_write_records_nothing(tenant: Tenant, sender: Sender) -> None:
    body = lines_of([told("a.done", idempotencyKey="k")])
    other = make_tenant("other")

    reader = Sender(tenant, "audit:read").send(body)
    nobody = Client().post("/audit/api/logs", body, content_type=JSONL)
    seen = Client().get("/audit/api/logs", headers=sender.headers)
    foreign = Sender(other).send(body)

    assert code_of(reader) == (403, "FORBIDDEN")
    assert code_of(nobody) == (401, "UNAUTHENTICATED")
    assert seen.status_code == 405
    assert foreign.json()["recorded"] == 1
    assert actions() == []
    with in_tenant(other.pk):
        assert actions() == ["a.done"]


def test_a_batch_costs_by_its_length_and_few_queries(sender: Sender) -> None:
    sender.send(lines_of([told("warm.up")]))
    few, many = (lines_of([told(f"{n}.{i}") for i in range(n)]) for n in (2, 400))

    with CaptureQueriesContext(connection) as small:
        little = sender.send(few)
    with CaptureQueriesContext(connection) as large:
        much = sender.send(many)

    def left(response: Any) -> int:
        return int(response["RateLimit"].split(";r=")[1].split(";")[0])

    # SQLite takes a few hundred rows a statement.
    assert len(small) <= 7
    assert len(large) <= len(small) + 8
    assert left(little) - left(much) >= len(many) // 1_000


class Cut(io.BytesIO):
    """A body whose sender has left: as our server tells it."""

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if not line:
            raise ClientGoneError("the client left in the middle of the body")
        return line


@pytest.mark.parametrize("stream", [Cut, io.BytesIO])
def test_a_connection_that_is_cut_leaves_what_had_come(
    sender: Sender, stream: type[io.BytesIO]
) -> None:
    body = lines_of([told("step", idempotencyKey=f"k{number}") for number in range(600)])
    half = stream(body[: body.index(b"k550")])

    left: dict[str, Any] = {"wsgi.input": half}
    cut = sender.send(body, **left)
    recorded = AuditLog.objects.count()
    again = sender.send(body).json()

    assert code_of(cut) == (400, "BROKEN_BODY")
    assert cut.json()["recorded"] == recorded == 550
    assert (again["recorded"], again["known"]) == (50, 550)


def test_a_process_that_is_killed_in_a_batch_is_followed_by_another(tmp_path: Path) -> None:
    body = tmp_path / "body.jsonl"
    body.write_bytes(lines_of([told(f"step.{number}") for number in range(1_300)]))
    beside = Beside(environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="audit"))

    killed, _ = beside.run("take", str(body), FAULT="audit-taken-in:2")
    followed, said = beside.run("take", str(body))
    beside.run("seal")
    shown = json.loads(beside.run("show")[1][-1])

    assert (killed, followed) == (-9, 0)
    assert said == ["recorded 300 of 1300"]
    assert (shown["logs"], shown["size"], shown["problem"]) == (1_300, 1_300, "")
