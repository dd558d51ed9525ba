"""Rules of what is personal: sealed whoever tells it, and known again whatever rules there were."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.entries import Actor, Change, Context, Entry, Personal, Target
from apps.audit.domain.mappings import septet_entry
from apps.audit.models import AuditLog, PersonalFieldRule, SubjectKey
from apps.audit.selectors.subjects import key_of_subject, logs_under_key, personal_fields
from apps.audit.selectors.subjects import with_personal as opened
from apps.audit.services import believing
from apps.audit.services.erasing import erase_subject
from apps.audit.services.personal_rules import add_rule, end_rule
from apps.audit.services.recording import record, record_all, record_event
from contracts.audit_rules import AuditPersonalRuleAdded, AuditPersonalRuleEnded
from kernel.errors import ConflictError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry

pytestmark = pytest.mark.usefixtures("tenant", "at_once")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be believed: what a test changes is never committed."""
    monkeypatch.setattr(believing, "BELIEVED_SECONDS", 0.0)


def told(**parts: Any) -> Entry:
    usual: dict[str, Any] = {
        "actor": Actor(type="user", id="u-ada", name="Ada"),
        "targets": (
            Target(type="user", id="u-bert", name="Bert"),
            Target(type="invoice", id="i-1", name="May"),
        ),
        "context": Context(ip_address="192.0.2.7"),
        "changes": (
            Change(field="email", before="a@example.com", after="b@example.com"),
            Change(field="state", before="open", after="paid"),
        ),
        "metadata": {"customer": {"email": "c@example.com", "id": 7}, "total": 9},
    }
    return an_entry(**usual | parts)


def sealed(log: AuditLog) -> dict[str, str]:
    """Return of whom each sealed field is, by its pointer."""
    subjects = ("u-ada", "u-bert", "7", "ada", "action:invoice.approved")
    keys = {str(key.pk): one for one in subjects if (key := key_of_subject(one))}
    return {pointer: keys[one["key"]] for pointer, one in (log.sealed or {}).items()}


def test_fields_that_rules_name_are_sealed_under_their_subjects() -> None:
    add_rule(
        actions="invoice.*", subject="/actor/id", fields=["/actor/name", "/changes/email/after"]
    )
    add_rule(actions="*", subject="/targets/user/id", fields=["/targets/user/name"])
    add_rule(actions="*", subject="/metadata/customer/id", fields=["/metadata/customer/email"])
    add_rule(actions="other", subject="/actor/id", fields=["/actor/id"])

    log = record(told())

    log.refresh_from_db()
    assert sealed(log) == {
        "/actor/name": "u-ada",
        "/changes/0/after": "u-ada",
        "/targets/0/name": "u-bert",
        "/metadata/customer/email": "7",
    }
    assert (log.actor_id, log.actor_name) == ("u-ada", "")
    assert [one["name"] for one in log.targets] == ["", "May"]
    assert log.metadata == {"customer": {"email": None, "id": 7}, "total": 9}
    shown = opened(log, personal_fields([log], shown=True)[log.pk])
    assert shown["changes"][0]["after"] == "b@example.com"


def test_what_an_entry_says_to_be_personal_stays_its_own_subjects() -> None:
    add_rule(actions="*", subject="/actor/id", fields=["/metadata/customer", "/actor/name"])
    own = Personal(subject="ada", fields=("/metadata/customer/email", "/actor/name"))

    log = record(told(personal=(own,)))

    assert sealed(log) == {
        "/metadata/customer/email": "ada",
        "/actor/name": "ada",
        "/metadata/customer": "u-ada",
    }
    shown = opened(log, personal_fields([log], shown=True)[log.pk])
    assert shown["metadata"]["customer"] == {"email": "c@example.com", "id": 7}


def test_what_has_no_subject_is_sealed_all_the_same() -> None:
    add_rule(
        actions="*", subject="/metadata/nobody", fields=["/context/ipAddress", "/context/location"]
    )

    log = record(told())

    assert sealed(log) == {"/context/ipAddress": "action:invoice.approved"}
    assert log.context["ip_address"] == ""


def test_rules_are_of_one_tenant_and_never_of_the_log_itself() -> None:
    add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])

    own = record_event(told(action="audit.log.opened"))
    with in_tenant(make_tenant().pk):
        others = record(told())

    assert (own.sealed, own.actor_name) == (None, "Ada")
    assert (others.sealed, others.actor_name) == (None, "Ada")


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_a_key_is_known_again_whatever_was_personal_when_it_was_first_told(rounds: int) -> None:
    entry = told(idempotency_key="one")
    logs = []
    for _ in range(rounds):
        rule = add_rule(actions="*", subject="/actor/id", fields=["/actor/name", "/metadata/total"])
        logs.append(record(entry).pk)
        end_rule(id=str(rule.pk))
    add_rule(actions="*", subject="/targets/user/id", fields=["/metadata/customer"])

    assert {record(entry).pk, record(entry).pk} == {*logs}
    with pytest.raises(ConflictError):
        record(told(idempotency_key="one", actor=Actor(type="user", id="u-ada", name="Eve")))
    with pytest.raises(ConflictError):
        record(told(idempotency_key="one", metadata={}))
    assert AuditLog.objects.filter(action="invoice.approved").count() == 1


def test_a_key_that_was_told_in_clear_is_known_again_under_a_rule() -> None:
    first = record(told(idempotency_key="one"))
    add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])

    assert record(told(idempotency_key="one")).pk == first.pk
    with pytest.raises(ConflictError):
        record(told(idempotency_key="one", context=Context()))


def by_content(name: str = "Ada") -> Entry:
    return septet_entry(
        {
            "action": "invoice.approved",
            "occurredAt": MOMENT.isoformat(),
            "actor": {"type": "user", "id": "u-ada", "name": name},
        }
    )


def test_many_lines_under_rules_that_were_others_cost_no_query_more() -> None:
    end_rule(id=str(add_rule(actions="*", subject="/actor/id", fields=["/actor/id"]).pk))
    add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])
    record(by_content())
    counts = []
    for number in (1, 15):
        with CaptureQueriesContext(connection) as queries:
            record_all([by_content(f"{number} {n}") for n in range(number)])
        counts.append(sum(one["sql"].startswith("SELECT") for one in queries))

    assert counts[0] == counts[1]


def test_a_line_without_a_key_is_recorded_once_whatever_rules_there_were() -> None:
    first = record(by_content())
    rule = add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])

    outcomes = record_all([by_content(), by_content()])
    end_rule(id=str(rule.pk))
    add_rule(actions="invoice.*", subject="/actor/id", fields=["/actor/id"])
    again = record(by_content())

    assert {one.log_id for one in outcomes} == {again.pk} == {first.pk}
    assert AuditLog.objects.filter(action="invoice.approved").count() == 1
    assert not SubjectKey.objects.exclude(erased_at=None).exists()


def test_a_line_that_was_sealed_is_known_again_when_its_rule_has_ended() -> None:
    rule = add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])
    first = record(by_content())
    end_rule(id=str(rule.pk))

    assert record(by_content()).pk == first.pk


def test_erasing_the_subject_of_a_rule_erases_what_it_sealed() -> None:
    add_rule(actions="*", subject="/actor/id", fields=["/actor/name"])
    log = record(told(idempotency_key="one"))
    key = key_of_subject("u-ada")
    assert key is not None
    assert list(logs_under_key(key.pk)) == [log]

    erase_subject(subject="u-ada")

    assert [one.state for one in personal_fields([log], shown=True)[log.pk]] == ["erased"]
    assert record(told(idempotency_key="one")).pk == log.pk


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"actions": ""}, "actions are one such as"),
        ({"actions": "audit.log.*"}, "actions of the audit log itself"),
        ({"fields": []}, "fields are 1 to 50, found 0"),
        ({"fields": ["/action"]}, "'/action'"),
        ({"fields": ["/targets/name"]}, "'/targets/name'"),
        ({"fields": ["/targets"]}, "names no type of target"),
        ({"subject": "actor"}, "'actor'"),
        ({"actions": "a" * 201}, "actions: "),
    ],
)
def test_a_rule_that_says_nothing_is_refused(parts: dict[str, Any], why: str) -> None:
    usual = {"actions": "a", "subject": "/actor/id", "fields": ["/actor/name"]}

    with pytest.raises(InvalidInputError, match=why):
        add_rule(**usual | parts)

    assert not PersonalFieldRule.objects.exists()
    assert published() == []


def test_rules_by_graphql(tenant: Tenant, graphql: GraphQLClient) -> None:
    made = graphql(
        """mutation { addAuditPersonalRule(input: {actions: "a.*", subject: "/actor/id",
          fields: ["/actor/name"]}) { auditPersonalRule { id } error { code } } }"""
    ).data["addAuditPersonalRule"]["auditPersonalRule"]
    ended = graphql(
        """mutation($id: ID!) { addAuditPersonalRule(input: {actions: "b", subject: "/actor",
          fields: []}) { error { code } }
          endAuditPersonalRule(input: {id: $id}) { auditPersonalRule { endedAt } } }""",
        id=made["id"],
    ).data
    listed = graphql(
        """{ all: auditPersonalRules { nodes { id actions subject fields } }
          now: auditPersonalRules(filter: {inForce: true}) { nodes { id } } }"""
    ).data

    assert ended["addAuditPersonalRule"]["error"] == {"code": "INVALID_INPUT"}
    assert ended["endAuditPersonalRule"]["auditPersonalRule"]["endedAt"]
    assert json.loads(json.dumps(listed)) == {
        "all": {
            "nodes": [
                {
                    "id": made["id"],
                    "actions": "a.*",
                    "subject": "/actor/id",
                    "fields": ["/actor/name"],
                }
            ]
        },
        "now": {"nodes": []},
    }
    assert published()[1:] == [
        AuditPersonalRuleAdded(
            rule_id=made["id"], actions="a.*", subject="/actor/id", fields=("/actor/name",)
        ),
        AuditPersonalRuleEnded(rule_id=made["id"], actions="a.*"),
    ]
    own = AuditLog.objects.filter(action__startswith="audit.").order_by("id")
    assert [one.action for one in own] == ["audit.personal_rule.added", "audit.personal_rule.ended"]
