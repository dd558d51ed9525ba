"""Personal fields: sealed before the leaf is made, shown to whom may see them, erased for ever."""

import hashlib
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from apps.audit.adapters.destinations import destinations
from apps.audit.domain.entries import Actor, Change, Context, Entry, Personal, Target
from apps.audit.domain.mappings import septet_entry
from apps.audit.domain.receipts import check_receipt
from apps.audit.models import AuditLog, SubjectKey
from apps.audit.selectors.integrity import keys_of_log, receipt_for
from apps.audit.selectors.subjects import key_of_subject, personal_fields
from apps.audit.services.erasing import erase_again, erase_subject
from apps.audit.services.holds import place_hold, release_hold
from apps.audit.services.publishing import keep_tombstone
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.verification import verify_log
from contracts.audit import AuditSubjectErased
from kernel.errors import ConflictError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.secrets.ring import KeyRing, change, with_new_key
from kernel.secrets.rotation import columns, reseal
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.factories import an_entry, forge

pytestmark = pytest.mark.usefixtures("tenant")

#: What tells of Ada and is nowhere else.
TOLD = ("Lovelace", "ada@example.com", "192.0.2.7", "Analytical/1.0", "u-ada")


def of_ada(**parts: Any) -> Entry:
    """Return an entry in which all that tells of Ada is personal."""
    usual: dict[str, Any] = {
        "actor": Actor(type="user", id="u-ada", name="Ada Lovelace"),
        "targets": (Target(type="user", id="u-ada", name="Lovelace"),),
        "context": Context(ip_address="192.0.2.7", user_agent="Analytical/1.0"),
        "changes": (Change(field="email", before=None, after="ada@example.com"),),
        "metadata": {"contact": {"email": "ada@example.com", "kind": "work"}},
        "personal": (
            Personal(
                subject="person-ada",
                fields=(
                    "/actor/id",
                    "/actor/name",
                    "/targets/0/id",
                    "/targets/0/name",
                    "/context/ipAddress",
                    "/context/userAgent",
                    "/changes/0/after",
                    "/metadata/contact/email",
                ),
            ),
        ),
    }
    return an_entry(**usual | parts)


def everything_stored() -> str:
    """Return all that the tables of this database hold, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [
                    bytes(one).decode("latin-1")
                    if isinstance(one, bytes | memoryview)
                    else str(one)
                    for one in row
                ]
    return "\n".join(found)


def test_nothing_that_is_personal_is_stored_in_clear() -> None:
    record(of_ada())

    stored = everything_stored()

    assert not [one for one in (*TOLD, "person-ada") if one in stored or one.lower() in stored]
    assert hashlib.sha256(b"person-ada").hexdigest() not in stored


def test_what_is_not_personal_is_stored_as_ever() -> None:
    log = record(of_ada())

    log.refresh_from_db()
    assert (log.action, log.actor_type, log.actor_id) == ("invoice.approved", "user", "")
    assert log.metadata == {"contact": {"email": None, "kind": "work"}}
    assert log.changes == [{"field": "email", "before": None, "after": None}]


def test_an_entry_without_personal_fields_has_the_bytes_it_always_had() -> None:
    log = record(an_entry())

    assert log.sealed is None
    assert b"sealed" not in bytes(log.record)
    assert not SubjectKey.objects.exists()


READ = """{ auditLogs { nodes { actor { type id name } targets { id name } metadata
  changes { field before after } context { ipAddress userAgent requestId }
  personal { pointer state } } } }"""
SHOWN = {"type": "user", "id": "u-ada", "name": "Ada Lovelace"}
HIDDEN = {"type": "user", "id": "", "name": ""}


def read(client: GraphQLClient) -> dict[str, Any]:
    """Return the one log that there is."""
    (log,) = client(READ).data["auditLogs"]["nodes"]
    found: dict[str, Any] = log
    return found


def states(log: dict[str, Any]) -> set[str]:
    return {one["state"] for one in log["personal"]}


def client_with(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, *scopes).secret, "/audit/graphql")


def test_who_may_see_personal_fields_sees_them_in_their_places(graphql: GraphQLClient) -> None:
    record(of_ada())

    log = read(graphql)

    assert log["actor"] == SHOWN
    assert log["targets"] == [{"id": "u-ada", "name": "Lovelace"}]
    assert log["metadata"] == {"contact": {"email": "ada@example.com", "kind": "work"}}
    assert log["changes"] == [{"field": "email", "before": None, "after": "ada@example.com"}]
    assert log["context"] == {
        "ipAddress": "192.0.2.7",
        "userAgent": "Analytical/1.0",
        "requestId": "",
    }
    assert (states(log), len(log["personal"])) == ({"SHOWN"}, 8)


def test_without_the_scope_nothing_stands_there(tenant: Tenant) -> None:
    record(of_ada())

    log = read(client_with(tenant, "audit:read"))

    assert log["actor"] == HIDDEN
    assert log["metadata"] == {"contact": {"email": None, "kind": "work"}}
    assert states(log) == {"MASKED"}


def test_a_page_may_hold_logs_with_and_without_personal_fields(graphql: GraphQLClient) -> None:
    record_all([an_entry(), of_ada()])

    logs = graphql("{ auditLogs { nodes { actor { name } metadata } } }").data["auditLogs"]

    assert sorted(one["actor"]["name"] for one in logs["nodes"]) == ["Ada", "Ada Lovelace"]


def test_logs_without_personal_fields_are_read_by_one_statement(graphql: GraphQLClient) -> None:
    record_all([an_entry()] * 3)

    # Beside the logs: whose key it is, and whether archives have more.
    assert len(graphql.sql("{ auditLogs { nodes { actor { name } metadata } } }")) == 3


def test_personal_fields_of_a_page_cost_one_query_more(graphql: GraphQLClient) -> None:
    record_all([of_ada()] * 3)
    few = graphql.sql(READ)
    record_all([of_ada()] * 20)

    assert len(graphql.sql(READ)) == len(few)
    assert sum("audit_subjectkey" in one for one in few) == 1


ASKED = """query ($subject: String!) {
  auditLogs(filter: {subject: $subject}) { totalCount nodes { action } } }"""


def test_logs_are_found_by_their_subject(graphql: GraphQLClient, tenant: Tenant) -> None:
    record_all([of_ada(), an_entry(), of_ada(action="user.renamed")])

    found = graphql(ASKED, subject="person-ada").data["auditLogs"]

    assert found["totalCount"] == 2
    assert graphql(ASKED, subject="person-bob").data["auditLogs"]["totalCount"] == 0
    assert client_with(tenant, "audit:read")(ASKED, subject="person-ada").codes == ["FORBIDDEN"]


def test_a_subject_is_one_within_its_tenant_only(tenant: Tenant) -> None:
    record(of_ada())
    other = make_tenant()

    with in_tenant(other.pk):
        assert erase_subject(subject="person-ada").key_id is None
        record(of_ada())
        erase_subject(subject="person-ada")

    assert states(read(client_with(tenant))) == {"SHOWN"}


ERASE = """mutation ($input: EraseAuditSubjectInput!) {
  eraseAuditSubject(input: $input) { logs erasedAt heldBy error { code message } } }"""


def test_an_erased_subject_is_seen_by_nobody_and_every_proof_stays_good(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    log = record(of_ada())
    seal_log()
    receipt = receipt_for(log.pk)

    done = graphql(ERASE, input={"subject": "person-ada", "reason": "asked for it"}).data

    seal_log()
    keys = [key for key, _ in keys_of_log()]
    assert done["eraseAuditSubject"]["logs"] == 1
    assert done["eraseAuditSubject"]["erasedAt"]
    found = graphql(
        "{ auditLogs(order: OLDEST_FIRST) { nodes { actor { name } personal { state } } } }"
    )
    first = found.data["auditLogs"]["nodes"][0]
    assert first == {"actor": {"name": ""}, "personal": [{"state": "ERASED"}] * 8}
    assert check_receipt(receipt, keys).size == 1
    assert check_receipt(receipt_for(log.pk), keys).size == 2
    assert verify_log().problem == ""
    assert not [one for one in (*TOLD, "person-ada") if one in everything_stored()]


def test_an_erasure_is_itself_on_record_and_told(graphql: GraphQLClient) -> None:
    record(of_ada())
    key = key_of_subject("person-ada")
    assert key is not None

    graphql(ERASE, input={"subject": "person-ada", "reason": "asked for it"})

    log = AuditLog.objects.get(action="audit.subject.erased")
    assert log.targets == [{"type": "AuditSubjectKey", "id": str(key.pk), "name": ""}]
    assert log.metadata == {"logs": 1, "reason": "asked for it"}
    assert log.actor_type == "api_key"
    assert [one for one in published() if isinstance(one, AuditSubjectErased)] == [
        AuditSubjectErased(key_id=str(key.pk), logs=1)
    ]


def test_an_erasure_that_is_only_tried_erases_nothing(graphql: GraphQLClient) -> None:
    record(of_ada())

    tried = graphql(ERASE, input={"subject": "person-ada", "dryRun": True}).data

    assert tried["eraseAuditSubject"] == {
        "logs": 1,
        "erasedAt": None,
        "heldBy": [],
        "error": None,
    }
    assert states(read(graphql)) == {"SHOWN"}
    assert not AuditLog.objects.filter(action="audit.subject.erased").exists()


def test_erasing_twice_changes_nothing(graphql: GraphQLClient) -> None:
    record(of_ada())
    erase_subject(subject="person-ada")

    again = graphql(ERASE, input={"subject": "person-ada"}).data

    assert again["eraseAuditSubject"] == {
        "logs": 0,
        "erasedAt": None,
        "heldBy": [],
        "error": None,
    }
    assert AuditLog.objects.filter(action="audit.subject.erased").count() == 1


def test_a_legal_hold_does_not_let_it_happen(graphql: GraphQLClient) -> None:
    record(of_ada())
    hold = place_hold(name="Case 7", reason="the court asked", query={"subject_key": named()})
    place_hold(name="Case 8", reason="of somebody else", query={"actor_id": "u-2"})

    tried = graphql(ERASE, input={"subject": "person-ada", "dryRun": True}).data
    done = graphql(ERASE, input={"subject": "person-ada"}).data["eraseAuditSubject"]

    assert tried["eraseAuditSubject"]["heldBy"] == ["Case 7"]
    assert done["error"] == {"code": "AUDIT_HELD", "message": "held by Case 7"}
    assert key_of_subject("person-ada") is not None
    release_hold(id=str(hold.pk), reason="closed")
    assert erase_subject(subject="person-ada").logs == 1


def named() -> str:
    key = key_of_subject("person-ada")
    assert key is not None
    return key.pk.hex


def test_it_takes_a_scope_of_its_own(tenant: Tenant) -> None:
    record(of_ada())

    for scopes in (["audit:write", "audit:read", "audit:personal"], ["files:write"]):
        refused = client_with(tenant, *scopes)(ERASE, input={"subject": "person-ada"})
        assert refused.codes == ["FORBIDDEN"]

    assert key_of_subject("person-ada") is not None


def test_what_is_told_after_an_erasure_has_a_key_of_its_own(graphql: GraphQLClient) -> None:
    record(of_ada())
    erase_subject(subject="person-ada")

    record(of_ada(action="user.returned"))

    found = graphql(ASKED, subject="person-ada").data["auditLogs"]
    assert found == {"totalCount": 1, "nodes": [{"action": "user.returned"}]}
    assert erase_subject(subject="person-ada").logs == 1


def test_each_subject_of_a_log_is_erased_by_itself(graphql: GraphQLClient) -> None:
    personal = (
        Personal(subject="person-ada", fields=("/actor/name",)),
        Personal(subject="person-bob", fields=("/targets/0/name",)),
    )
    record(of_ada(personal=personal))

    erase_subject(subject="person-bob")

    log = graphql(
        "{ auditLogs(order: OLDEST_FIRST) { nodes { actor { name } targets { name } } } }"
    ).data["auditLogs"]["nodes"][0]
    assert log == {"actor": {"name": "Ada Lovelace"}, "targets": [{"name": ""}]}


def test_a_key_is_wrapped_anew_and_still_opens_what_it_sealed(graphql: GraphQLClient) -> None:
    record(of_ada())
    file = Path(settings.ENCRYPTION_KEYS_FILE)
    change(file, with_new_key)

    for column in columns():
        list(reseal(column))
    change(file, lambda ring_: KeyRing(ring_.active, {ring_.active: ring_.keys[ring_.active]}))

    assert states(read(graphql)) == {"SHOWN"}


def test_a_text_moved_to_another_log_opens_there_no_more(graphql: GraphQLClient) -> None:
    first, second = record(of_ada()), record(of_ada())
    forge(
        "UPDATE audit_auditlog SET sealed = (SELECT sealed FROM audit_auditlog WHERE id = %s)"
        " WHERE id = %s",
        [first.pk.hex, second.pk.hex],
    )

    logs = graphql("{ auditLogs(order: OLDEST_FIRST) { nodes { personal { state } } } }").data

    found = [one["personal"][0]["state"] for one in logs["auditLogs"]["nodes"]]
    assert sorted(found) == ["SHOWN", "UNREADABLE"]


def test_the_same_key_and_entry_is_recorded_once_also_after_an_erasure() -> None:
    entry = of_ada(idempotency_key="k-1")
    first = record(entry)

    assert record(entry).pk == first.pk
    with pytest.raises(ConflictError):
        record(replace(entry, actor=Actor(type="user", id="u-ada", name="Somebody else")))
    erase_subject(subject="person-ada")
    assert record(entry).pk == first.pk


def test_a_key_made_of_the_content_tells_nothing_of_it() -> None:
    line = {
        "action": "user.added",
        "occurredAt": "2024-05-01T12:00:00Z",
        "actor": {"type": "user", "id": "u-ada"},
        "personal": [{"subject": "person-ada", "fields": ["/actor/id"]}],
    }

    first, second = record(septet_entry(line)), record(septet_entry(line))

    assert first.pk == second.pk
    assert str(first.idempotency_key).startswith("content:")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("/actor/type",), "leads to no field that may be"),
        (("/action",), "leads to no field that may be"),
        (("actor/name",), "leads to no field that may be"),
        (("/metadata",), "leads to no field that may be"),
        (("/metadata/none",), "where the entry has nothing"),
        (("/targets/1/id",), "where the entry has nothing"),
        (("/targets/00/id",), "where the entry has nothing"),
        (("/targets/-1/id",), "where the entry has nothing"),
        (("/actor/name", "/actor/name"), "twice"),
        (("/metadata/contact/email", "/metadata/contact"), "twice"),
    ],
)
def test_a_pointer_to_nothing_is_refused(fields: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        record(of_ada(personal=(Personal(subject="person-ada", fields=fields),)))

    assert not AuditLog.objects.exists()


def test_a_name_with_a_slash_is_pointed_to_as_the_rfc_says(graphql: GraphQLClient) -> None:
    record(
        an_entry(
            metadata={"a/b~c": {"d": [1, "x"]}},
            personal=(Personal(subject="s", fields=("/metadata/a~1b~0c/d/1",)),),
        )
    )

    assert AuditLog.objects.get().metadata == {"a/b~c": {"d": [1, None]}}
    assert read(graphql)["metadata"] == {"a/b~c": {"d": [1, "x"]}}


def test_the_database_refuses_to_bring_an_erased_key_back() -> None:
    record(of_ada())
    key = key_of_subject("person-ada")
    assert key is not None
    erase_subject(subject="person-ada")

    for change_ in ("erased_at = NULL", "made_at = '2020-01-01'"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            execute(f"UPDATE audit_subjectkey SET {change_} WHERE id = %s", [key.pk.hex])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute("DELETE FROM audit_subjectkey WHERE id = %s", [key.pk.hex])


def execute(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_a_restored_backup_brings_back_is_erased_again(graphql: GraphQLClient) -> None:
    log = record(of_ada())
    key = key_of_subject("person-ada")
    assert key is not None
    with transaction.atomic():
        erase_subject(subject="person-ada")
        keep_tombstone(key.pk)
        # The database is as it was; what is kept beside it is not.
        transaction.set_rollback(True)
    assert states(read(graphql)) == {"SHOWN"}

    assert list(erase_again()) == [key.pk]
    assert list(erase_again()) == []

    erased = AuditLog.objects.filter(pk=log.pk).get()
    assert personal_fields([erased], shown=True)[log.pk][0].state == "erased"
    assert list(destinations()[0].erased(str(log.tenant_id))) == [key.pk]


def test_a_command_shows_and_erases(tenant: Tenant) -> None:
    record(of_ada())

    def run(*arguments: str) -> list[dict[str, Any]]:
        told = StringIO()
        call_command("audit_subject", *arguments, "--json", stdout=told)
        return [json.loads(line) for line in told.getvalue().splitlines()]

    of_tenant = ("--tenant", tenant.slug)
    shown = run("show", "person-ada", *of_tenant)
    assert shown == [{"tenant": tenant.slug, "logs": 1, "erased": False, "held_by": []}]
    assert run("erase", "person-ada", *of_tenant)[0]["erased"] is True
    assert run("erase", "person-ada", *of_tenant)[0] == shown[0] | {"logs": 0}
    assert run("erase-again", *of_tenant) == [{"tenant": tenant.slug, "erased_again": 0}]
    for wrong in (("erase", "person-ada"), ("erase", *of_tenant), ("erase-again", "person-ada")):
        with pytest.raises(CommandError, match="name a subject and its tenant, or neither"):
            run(*wrong)


def asked(secret: str, **body: str) -> Any:
    return http_client().post(
        "/audit/api/subjects/records",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


def test_a_subject_gets_all_that_is_told_of_it_and_nothing_of_others(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.services.disclosing.MOST_DISCLOSED", 2)
    both = (
        Personal(subject="person-ada", fields=("/actor/name",)),
        Personal(subject="person-bob", fields=("/targets/0/name",)),
    )
    first = record(of_ada(personal=both))
    record_all([of_ada(), of_ada(action="user.renamed"), an_entry()])
    secret = make_key(tenant, "audit:personal").secret

    page = [orjson.loads(line) for line in asked(secret, subject="person-ada").content.splitlines()]
    rest = asked(secret, subject="person-ada", after=page[-1]["id"]).content.splitlines()

    assert page[0]["id"] == str(first.pk)
    assert page[0]["actor"]["name"] == "Ada Lovelace"
    assert page[0]["targets"] == [{"type": "user", "id": "u-ada", "name": ""}]
    assert page[1]["metadata"]["contact"]["email"] == "ada@example.com"
    assert [orjson.loads(line)["action"] for line in rest] == ["user.renamed"]
    told = AuditLog.objects.filter(action="audit.subject.disclosed").order_by("id")
    assert [one.metadata["logs"] for one in told] == [2, 1]


def test_only_who_may_see_personal_fields_is_given_them(tenant: Tenant) -> None:
    record(of_ada())
    with in_tenant(make_tenant().pk):
        record(of_ada(action="of.others"))

    refused = asked(make_key(tenant, "audit:read", "audit:erase").secret, subject="person-ada")
    wrong = asked(make_key(tenant).secret, name="person-ada")

    assert (refused.status_code, wrong.status_code) == (403, 400)
    assert not AuditLog.objects.filter(action="audit.subject.disclosed").exists()
    given = asked(make_key(tenant).secret, subject="person-ada").content
    assert (given.count(b"\n"), b"of.others" in given) == (1, False)
    assert asked(make_key(tenant).secret, subject="nobody").content == b""


def test_staff_see_that_a_field_is_personal_and_not_what_it_holds(admin_client: Client) -> None:
    log = record(of_ada())

    listed = admin_client.get("/admin/audit/auditlog/").content.decode()
    page = admin_client.get(f"/admin/audit/auditlog/{log.pk}/change/").content.decode()

    assert "(personal)" in listed
    assert "/metadata/contact/email" in page
    assert "masked" in page
    assert not [one for one in TOLD if one in listed + page]
