"""Schemas of actions: which can be given, and what becomes of entries that do not fit."""

import json
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.conf import SCHEMAS_ENFORCED
from apps.audit.domain.entries import Target
from apps.audit.domain.schemas import SchemaError, compiled, violation
from apps.audit.errors import BatchRefusedError, SchemaViolatedError
from apps.audit.models import ActionSchema, AuditLog
from apps.audit.services import believing
from apps.audit.services.recording import record, record_all, record_event
from apps.audit.services.schemas import add_schema, set_mode
from contracts.audit import AuditSchemaViolated
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry

AMOUNT = {
    "properties": {
        "metadata": {
            "required": ["amount"],
            "properties": {"amount": {"type": "number", "minimum": 0}},
        },
        "targets": {"items": {"properties": {"type": {"const": "invoice"}}}},
    }
}


ANY = {"type": "object"}


@pytest.fixture(autouse=True)
def _asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(believing, "BELIEVED_SECONDS", 0.0)


def logs() -> int:
    return AuditLog.objects.exclude(action__startswith="audit.").count()


def warnings() -> list[AuditSchemaViolated]:
    return [event for event in published() if isinstance(event, AuditSchemaViolated)]


@pytest.mark.usefixtures("tenant")
def test_what_is_enforced_keeps_an_entry_out_and_names_the_path() -> None:
    add_schema(action="invoice.approved", schema=AMOUNT, mode="enforce")

    bad = an_entry(metadata={"amount": -1})
    other = an_entry(action="invoice.seen")
    found = record_all([bad, other, an_entry(metadata={"amount": 5})])
    target = an_entry(metadata={"amount": 1}, targets=(Target(type="order", id="1"),))
    with pytest.raises(SchemaViolatedError, match=r"^/targets/0/type: "):
        record(target)

    assert isinstance(found[0].error, SchemaViolatedError)
    assert str(found[0].error).startswith("/metadata/amount: -1 is less than the minimum")
    assert "version 1 of the schema of invoice.approved" in str(found[0].error)
    assert [one.new for one in found] == [False, True, True]
    assert logs() == 2
    assert warnings() == []


@pytest.mark.usefixtures("tenant")
def test_what_was_recorded_before_a_schema_is_answered_as_then() -> None:
    entry = an_entry(metadata={"amount": "much"}, idempotency_key="k-1")
    first = record_all([entry])[0]
    add_schema(action="invoice.approved", schema=AMOUNT, mode="enforce")

    again, other, new = record_all(
        [
            entry,
            replace(entry, metadata={"amount": "more"}),
            replace(entry, idempotency_key="k-2"),
        ]
    )

    assert first.log is not None
    assert again.log is not None
    assert (again.log.pk, again.new) == (first.log.pk, False)
    assert isinstance(other.error, ConflictError)
    assert isinstance(new.error, SchemaViolatedError)
    assert AuditLog.objects.filter(action="invoice.approved").count() == 1


@pytest.mark.usefixtures("tenant")
def test_all_or_nothing_counts_a_violation() -> None:
    add_schema(action="invoice.approved", schema=AMOUNT, mode="enforce")

    found = record_all([an_entry(), an_entry(action="a.done")], all_or_nothing=True)

    assert isinstance(found[0].error, SchemaViolatedError)
    assert isinstance(found[1].error, BatchRefusedError)
    assert logs() == 0


@pytest.mark.usefixtures("tenant")
def test_what_warns_is_recorded_and_told_once_a_call() -> None:
    add_schema(action="invoice.approved", schema=AMOUNT)

    found = record_all([an_entry(), an_entry(metadata={"amount": 1}), an_entry()])

    assert [one.new for one in found] == [True] * 3
    ids = tuple(str(found[n].log.pk) for n in (0, 2))  # type: ignore[union-attr]
    assert warnings() == [
        AuditSchemaViolated(
            action="invoice.approved", version=1, count=2, log_ids=ids, path="/metadata"
        )
    ]


@pytest.mark.usefixtures("tenant")
def test_a_new_version_is_tried_beside_the_old() -> None:
    add_schema(action="invoice.approved", schema=AMOUNT, mode="enforce")
    add_schema(action="invoice.approved", schema={"required": ["nothing"]}, mode="warn")

    good, bad = record_all([an_entry(metadata={"amount": 1}), an_entry()])
    set_mode(action="invoice.approved", version=1, mode="off")
    then = record_all([an_entry()])

    assert (good.new, type(bad.error), then[0].new) == (True, SchemaViolatedError, True)
    assert [event.version for event in warnings()] == [2, 2]
    stored = ActionSchema.objects.order_by("version").values_list("version", "mode", "schema")
    assert list(stored) == [(1, "off", AMOUNT), (2, "warn", {"required": ["nothing"]})]
    recorded = AuditLog.objects.filter(action__startswith="audit.schema").order_by("id")
    assert list(recorded.values_list("action", flat=True)) == [
        "audit.schema.added",
        "audit.schema.added",
        "audit.schema.changed",
    ]


@pytest.mark.usefixtures("tenant")
def test_no_schema_keeps_the_trail_from_being_recorded() -> None:
    add_schema(action="invoice.approved", schema={"not": {}}, mode="enforce")

    record_event(an_entry())

    assert logs() == 1


def test_a_schema_is_of_its_tenant(tenant: Tenant) -> None:
    add_schema(action="invoice.approved", schema={"not": {}}, mode="enforce")

    with in_tenant(make_tenant("other").pk):
        record(an_entry())
        with pytest.raises(NotFoundError):
            set_mode(action="invoice.approved", version=1, mode="off")

    assert ActionSchema.objects.get().mode == "enforce"


def test_the_graph_answers_with_the_code(graphql: GraphQLClient) -> None:
    add_schema(action="a.done", schema={"not": {}}, mode="enforce")

    answer = graphql(
        """mutation { createAuditLog(input: {action: "a.done", occurredAt: "2026-05-01T12:00:00Z",
             actor: {type: "user", id: "u"}}) { auditLog { id } error { code } } }"""
    ).data["createAuditLog"]

    assert answer == {"auditLog": None, "error": {"code": "AUDIT_SCHEMA_VIOLATED"}}


def nested(depth: int) -> Any:
    found: Any = {}
    for _ in range(depth):
        found = {"not": found}
    return found


#: Each level eight times the one before: 8**7 values when written out.
DOUBLING = {
    "$defs": {
        "0": {"type": "string"},
        **{str(n): {"anyOf": [{"$ref": f"#/$defs/{n - 1}"}] * 8} for n in range(1, 8)},
    },
    "$ref": "#/$defs/7",
}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "an object"),
        ({"type": "nothing"}, "no JSON Schema"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12"),
        ({"$ref": "https://example.com/schema"}, "leads to"),
        ({"$ref": "file:///etc/passwd"}, "leads to"),
        ({"$ref": "#"}, "leads to"),
        ({"$ref": "#/$defs/no"}, "nowhere"),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}, "itself"),
        ({"$id": "https://example.com"}, r"\$id is not taken"),
        ({"properties": {"metadata": {"$dynamicRef": "#a"}}}, "not taken"),
        ({"pattern": "(?=a)b"}, "no JSON Schema"),
        ({"pattern": "(a{1000}){1000}"}, "no JSON Schema"),
        ({"description": "x" * 32_000}, "32000 bytes"),
        (nested(40), "32 deep"),
        (DOUBLING, "5000 values"),
        ({"enum": [0] * 6_000}, "5000 values"),
    ],
)
def test_a_schema_that_costs_too_much_or_leads_elsewhere_is_refused(
    schema: Any, message: str
) -> None:
    began = time.perf_counter()

    with pytest.raises(SchemaError, match=message):
        compiled(schema)

    assert time.perf_counter() - began < 5


def test_a_pattern_takes_no_longer_than_its_text() -> None:
    validator = compiled(
        {"properties": {"metadata": {"properties": {"x": {"pattern": "^(a+)+$"}}}}}
    )

    began = time.perf_counter()
    found = violation(validator, an_entry(metadata={"x": "a" * 60_000 + "!"}))

    # Python's own engine would take longer than the universe has been there.
    assert time.perf_counter() - began < 5
    assert found is not None
    assert found.path == "/metadata/x"


def test_a_path_is_a_json_pointer() -> None:
    validator = compiled({"properties": {"metadata": {"properties": {"a/~b": {"type": "null"}}}}})

    found = violation(validator, an_entry(metadata={"a/~b": 1}))

    assert found is not None
    assert found.path == "/metadata/a~1~0b"


@pytest.mark.usefixtures("tenant")
def test_limits_and_modes() -> None:
    with pytest.raises(InvalidInputError, match="a mode is one of"):
        add_schema(action="a.done", schema=ANY, mode="strict")
    for _ in range(5):
        add_schema(action="a.done", schema=ANY)
    with pytest.raises(LimitExceededError, match="in force"):
        add_schema(action="a.done", schema=ANY)
    add_schema(action="a.done", schema=ANY, mode="off")
    with pytest.raises(LimitExceededError):
        set_mode(action="a.done", version=6, mode="warn")

    assert ActionSchema.objects.count() == 6


@pytest.mark.usefixtures("tenant")
def test_schemas_are_asked_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    add_schema(action="invoice.approved", schema=ANY, mode="enforce")
    monkeypatch.setattr(believing, "BELIEVED_SECONDS", 60.0)

    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            record(an_entry())
        counts.append(sum("audit_actionschema" in one["sql"] for one in queries))

    assert counts == [2, 0]


def test_the_command_adds_and_shows(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(AMOUNT))

    def ran(*arguments: str) -> str:
        out = StringIO()
        call_command("audit_schema", *arguments, f"--tenant={tenant.slug}", stdout=out)
        return out.getvalue()

    added = ran("add", "a.done", f"--file={file}")
    changed = ran("mode", "a.done", "--version=1", "--mode=enforce", "--json")

    assert added == "a.done 1: warn\n"
    assert json.loads(changed) == {"action": "a.done", "version": 1, "mode": "enforce"}
    file.write_text("{")
    for wrong in (("add", "a.done", f"--file={file}"), ("mode", "b", "--version=1"), ("add",)):
        with pytest.raises(CommandError) as error:
            ran(*wrong)
        assert error.value.returncode == 2


def test_the_graph_adds_reads_and_switches_versions(graphql: GraphQLClient) -> None:
    add = """mutation($schema: JSON!) { addAuditActionSchema(input: {
               action: "a.done", schema: $schema, mode: ENFORCE}) {
               action version mode error { code message } } }"""

    added = graphql(add, schema=AMOUNT).data["addAuditActionSchema"]
    wrong = graphql(add, schema={"$ref": "#"}).data["addAuditActionSchema"]
    switched = graphql(
        """mutation { setAuditActionSchemaMode(input: {action: "a.done", version: 1, mode: OFF}) {
             version mode error { code } } }"""
    ).data["setAuditActionSchemaMode"]
    missing = graphql(
        """mutation { setAuditActionSchemaMode(input: {action: "a.done", version: 2, mode: OFF}) {
             version error { code } } }"""
    ).data["setAuditActionSchemaMode"]
    with CaptureQueriesContext(connection) as queries:
        listed = graphql('{ auditActionSchemas(action: "a.done") { version mode schema } }').data

    assert added == {"action": "a.done", "version": 1, "mode": "ENFORCE", "error": None}
    assert (wrong["version"], wrong["error"]["code"]) == (None, "INVALID_INPUT")
    assert switched == {"version": 1, "mode": "OFF", "error": None}
    assert missing == {"version": None, "error": {"code": "NOT_FOUND"}}
    assert listed["auditActionSchemas"] == [{"version": 1, "mode": "OFF", "schema": AMOUNT}]
    assert sum("audit_actionschema" in one["sql"] for one in queries) == 1


@pytest.mark.usefixtures("tenant")
def test_operators_can_have_all_schemas_warn_only() -> None:
    add_schema(action="invoice.approved", schema=AMOUNT, mode="enforce")

    with said(SCHEMAS_ENFORCED, value=False):
        [found] = record_all([an_entry(metadata={"amount": -1})])

    assert found.new
    assert logs() == 1
    assert len(warnings()) == 1
