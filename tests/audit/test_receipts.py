"""Who records may wait until it is sealed, and has the receipt with the answer."""

from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.receipts import check_receipt
from apps.audit.errors import LogAlteredError
from apps.audit.models import AuditLog, Leaf, Unsealed
from apps.audit.selectors.integrity import keys_of_log, receipt_for, receipts_for
from apps.audit.services import receipts
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.audit.factories import an_entry, forge
from tests.audit.test_batches import Sender, code_of, lines_of, sender, told  # noqa: F401  a fixture

ONE = """
mutation ($input: CreateAuditLogInput!) {
  createAuditLog(input: $input) { auditLog { id } receipt error { code message } }
}
"""
MANY = """
mutation ($input: CreateAuditLogsInput!) {
  createAuditLogs(input: $input) {
    outcomes { auditLog { id } new receipt error { code } } error { code }
  }
}
"""


@pytest.fixture
def _nobody_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(receipts, "seal_log", lambda: 0)


def proved(receipt: dict[str, Any]) -> str:
    """Return the action of the record that a receipt proves."""
    check_receipt(receipt, [key for key, _ in keys_of_log()])
    action: str = orjson.loads(receipt["record"])["action"]
    return action


def test_a_log_is_answered_with_the_receipt_that_it_always_has(graphql: GraphQLClient) -> None:
    record_all([an_entry()] * 3)

    answer = graphql(ONE, input=told("a.done", waitSealed=True)).data["createAuditLog"]

    assert answer["error"] is None
    assert proved(answer["receipt"]) == "a.done"
    assert answer["receipt"] == receipt_for(AuditLog.objects.get(action="a.done").pk)
    # What waited before is sealed with it.
    assert (Leaf.objects.count(), Unsealed.objects.count()) == (4, 0)


@pytest.mark.parametrize("wait", [None, False])
def test_who_does_not_wait_has_no_receipt_and_nothing_is_sealed(
    graphql: GraphQLClient, wait: bool | None
) -> None:
    answer = graphql(ONE, input=told("a.done", waitSealed=wait)).data["createAuditLog"]

    assert (answer["receipt"], answer["error"]) == (None, None)
    assert Leaf.objects.count() == 0


def test_a_repeated_request_is_answered_with_a_receipt_too(graphql: GraphQLClient) -> None:
    sent = told("a.done", waitSealed=True, idempotencyKey="k-1")

    first, again = (graphql(ONE, input=sent).data["createAuditLog"] for _ in range(2))

    assert first == again
    assert AuditLog.objects.count() == 1


@pytest.mark.usefixtures("_nobody_seals")
def test_what_is_not_sealed_in_time_is_recorded_and_said_to_be_so(graphql: GraphQLClient) -> None:
    answer = graphql(ONE, input=told("a.done", waitSealed=True)).data["createAuditLog"]

    log = AuditLog.objects.get()
    assert answer == {
        "auditLog": {"id": str(log.pk)},
        "receipt": None,
        "error": {
            "code": "AUDIT_NOT_SEALED",
            "message": "not sealed within 0.1 s; it is recorded",
        },
    }


def test_a_log_that_was_altered_is_not_sealed_and_says_so(graphql: GraphQLClient) -> None:
    record_all([an_entry()])
    seal_log()
    forge("UPDATE audit_loghead SET size = 0, checkpoints = 7")
    forge("UPDATE audit_loghead SET size = 9")

    answer = graphql(ONE, input=told("a.done", waitSealed=True)).data["createAuditLog"]

    assert answer["error"]["code"] == LogAlteredError.code
    assert answer["auditLog"]["id"] == str(AuditLog.objects.get(action="a.done").pk)


@pytest.mark.parametrize("key", [None, "k-1"])
def test_a_batch_has_a_receipt_for_each_that_is_recorded(
    graphql: GraphQLClient, key: str | None
) -> None:
    logs = [told("a.done"), told(" "), told("b.done")]
    sent = {"logs": logs, "waitSealed": True, "idempotencyKey": key}

    answers = [graphql(MANY, input=sent).data["createAuditLogs"]["outcomes"] for _ in range(2)]

    for outcomes in answers:
        codes = [one["error"] and one["error"]["code"] for one in outcomes]
        assert codes == [None, "INVALID_INPUT", None]
        assert [proved(outcomes[number]["receipt"]) for number in (0, 2)] == ["a.done", "b.done"]
        assert outcomes[1]["receipt"] is None
    assert AuditLog.objects.count() == (2 if key else 4)


def test_receipts_of_many_cost_the_same_few_queries(tenant: Tenant) -> None:
    record_all([an_entry(action=f"step.{number}") for number in range(600)])
    seal_log()
    ids = list(Leaf.objects.order_by("position").values_list("pk", flat=True))

    with CaptureQueriesContext(connection) as little:
        receipts_for(ids[:1])
    with CaptureQueriesContext(connection) as much:
        found = receipts_for(ids)

    assert [proved(found[one]) for one in ids[::97]] == [f"step.{n}" for n in range(0, 600, 97)]
    assert len(little) <= 6
    # The tiles that the first path did not need.
    assert len(much) <= len(little) + 3


def test_over_http_each_line_is_told_with_its_receipt(sender: Sender) -> None:  # noqa: F811
    body = lines_of([told("a.done"), told(" "), told("b.done")])

    outcomes = sender.send(body, "?waitSealed=true").json()["outcomes"]

    assert [proved(outcomes[number]["receipt"]) for number in (0, 2)] == ["a.done", "b.done"]
    assert outcomes[1]["error"]["code"] == "INVALID_INPUT"
    assert code_of(sender.send(body, "?waitSealed=yes")) == (400, "INVALID_INPUT")


@pytest.mark.usefixtures("_nobody_seals")
def test_over_http_what_is_not_sealed_in_time_is_told_beside_its_id(
    sender: Sender,  # noqa: F811
) -> None:
    (outcome,) = sender.send(lines_of([told("a.done")]), "?waitSealed=true").json()["outcomes"]

    assert outcome["id"] == str(AuditLog.objects.get().pk)
    assert (outcome["new"], outcome["error"]["code"]) == (True, "AUDIT_NOT_SEALED")


def test_over_http_a_thousand_may_wait(
    sender: Sender,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("apps.audit.views.intake.MAX_BATCH", 2)
    body = lines_of([told(f"step.{number}") for number in range(3)])

    answer = sender.send(body, "?waitSealed=true")

    assert code_of(answer) == (400, "LIMIT_EXCEEDED")
    assert [one["receipt"]["position"] for one in answer.json()["outcomes"]] == [0, 1]


def test_who_may_not_write_waits_for_nothing(tenant: Tenant) -> None:
    reader = Sender(tenant, "audit:read")
    answer = reader.send(lines_of([told("a.done")]), "?waitSealed=true")
    key = make_key(tenant, "audit:read").secret

    assert code_of(answer) == (403, "FORBIDDEN")
    refused = GraphQLClient(key, "/audit/graphql")(ONE, input=told("a.done", waitSealed=True))
    assert refused.codes == ["FORBIDDEN"]
    assert Client().post("/audit/api/logs?waitSealed=true").status_code == 401
    assert AuditLog.objects.count() == 0
