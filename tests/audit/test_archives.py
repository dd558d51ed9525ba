"""Logs of months that have ended go into files that prove themselves, and only then go."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.adapters import columns, stores
from apps.audit.domain.entries import Personal
from apps.audit.domain.queries import LogQuery
from apps.audit.errors import HeldError, LogAlteredError
from apps.audit.models import Archive, ArchiveState, AuditLog, AuditLogTarget
from apps.audit.selectors.archived import ArchiveSearch, Place, logs_by_id
from apps.audit.selectors.integrity import proof_of, receipt_for
from apps.audit.selectors.logs import matching
from apps.audit.selectors.months import Month
from apps.audit.selectors.partitions import LOGS, partitions, system_connection
from apps.audit.selectors.retention import rules
from apps.audit.services.archive_checking import check_archive
from apps.audit.services.archiving import archive_some
from apps.audit.services.comparing import AlteredError
from apps.audit.services.erasing import erase_subject
from apps.audit.services.holds import place_hold, release_hold
from apps.audit.services.partitions import attach
from apps.audit.services.restoring import restore_archive, restore_logs
from apps.audit.services.retaining import retain
from apps.audit.services.verification import verify_log
from apps.audit.services.whole_months import drop_whole_months
from kernel import clock
from kernel.events.models import OutboxEvent
from kernel.federation.deadline import OperationTimeoutError
from kernel.identity.models import Tenant
from kernel.storage.local import LocalStorage
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.archiving import MARCH, MAY, a_policy, at, recorded
from tests.audit.factories import forge


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalStorage:
    store = LocalStorage(tmp_path / "files")
    monkeypatch.setattr(stores, "storage", lambda: store)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")
    return store


def test_a_month_is_archived_and_leaves_the_database(tenant: Tenant) -> None:
    logs = recorded(30)
    a_policy()

    done = retain()

    assert (done.archives, done.logs, done.removed) == (1, 30, 1)
    archive = Archive.objects.get()
    assert (archive.state, archive.logs, f"{archive.month:%Y-%m}") == ("archived", 30, "2024-03")
    left = AuditLog.objects.order_by("pk")
    assert [log.action for log in left] == ["audit.archive.made", "audit.archive.removed"]
    assert not AuditLogTarget.objects.filter(log__in=logs).exists()
    found = logs_by_id([log.pk for log in logs])
    assert [found[log.pk].told() for log in logs] == [bytes(log.record) for log in logs]
    assert [found[log.pk].words for log in logs] == [log.words for log in logs]


def test_a_round_that_comes_again_does_nothing(tenant: Tenant) -> None:
    recorded(5)
    a_policy()
    retain()

    done = retain()

    assert (done.archives, done.removed, done.held) == (0, 0, 0)
    assert Archive.objects.count() == 1


def test_what_is_archived_is_proved_as_before(tenant: Tenant) -> None:
    logs = recorded(30)
    before = receipt_for(logs[7].pk, size=30)
    a_policy()
    retain()

    assert receipt_for(logs[7].pk, size=30) == before
    assert proof_of(logs[7].pk).position == 7
    assert verify_log().problem == ""


QUERIES: list[dict[str, Any]] = [
    {},
    {"actor_id": "u-1"},
    {"actor_name": "Ada 0"},
    {"actions": ("step.1", "step.2")},
    {"target_type": "invoice", "target_id": "i-7"},
    {"text": "word1"},
    {"text": "0 u"},
    {"text": "wo"},
    {"text": "word nothing"},
    {"containing": "ord2"},
    {"metadata": {"number": 3}},
    {"occurred_from": datetime(2024, 3, 1, 5, tzinfo=UTC)},
    {
        "occurred_from": datetime(2024, 3, 1, 5, tzinfo=UTC),
        "occurred_before": datetime(2024, 3, 1, 20, tzinfo=UTC),
        "actor_id": "u-0",
    },
]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("told", QUERIES, ids=str)
def test_an_archive_is_searched_as_the_database_is(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], descending: bool
) -> None:
    # Several groups, which overlap in time.
    monkeypatch.setattr("apps.audit.services.archiving.GROUP", 7)
    logs = recorded(30)
    query = LogQuery.of(told)
    expected = [log.pk for log in logs if query.matches(log)]
    if descending:
        expected.reverse()
    a_policy()
    retain()

    found: list[AuditLog] = []
    after: Place | None = None
    while page := ArchiveSearch(query).page(after, 4, descending=descending):
        found += page
        after = Place(page[-1].occurred_at, page[-1].pk)

    assert [log.pk for log in found] == expected
    assert ArchiveSearch(query).count() == len(expected)


def test_each_action_class_goes_by_its_own_policy(tenant: Tenant) -> None:
    recorded(9)
    a_policy("*", live_days=36_000)
    a_policy("step.*")
    a_policy("step.1", live_days=36_000)
    a_policy("step.2", archived=False)

    retain()

    left = AuditLog.objects.filter(action__startswith="step").values_list("action", flat=True)
    assert set(left) == {"step.1"}
    kept, places = Archive.objects.order_by("-has_records")
    assert (kept.actions, kept.logs, kept.has_records) == ("step.*", 3, True)
    assert (places.actions, places.logs, places.has_records) == ("step.2", 3, False)
    assert verify_log().problem == ""


def test_what_a_hold_is_on_stays_until_it_is_released(tenant: Tenant) -> None:
    recorded(10)
    a_policy()
    hold = place_hold(name="Case 7", reason="asked for", query={"actor_id": "u-1"})

    retain()

    steps = AuditLog.objects.filter(action__startswith="step")
    assert set(steps.values_list("actor_id", flat=True)) == {"u-1"}
    assert Archive.objects.get().logs == 5

    release_hold(id=str(hold.pk), reason="settled")
    retain()

    assert not steps.exists()
    assert sum(Archive.objects.values_list("logs", flat=True)) == 10


def test_a_hold_that_comes_after_the_archive_keeps_its_logs_live(tenant: Tenant) -> None:
    logs = recorded(10)
    policy = a_policy()
    rule = rules()[0]
    archive = archive_some(MARCH.date(), rule)
    assert archive is not None
    hold = place_hold(name="Case 7", reason="asked for", query={"actor_id": "u-1"})

    done = retain()

    assert (done.removed, done.held) == (0, 1)
    archive.refresh_from_db()
    assert archive.state == ArchiveState.REMOVING
    assert AuditLog.objects.filter(action__startswith="step").count() == 5
    # In both, and counted once.
    assert ArchiveSearch(LogQuery()).count() == 5

    release_hold(id=str(hold.pk), reason="settled")
    assert retain().removed == 1
    assert ArchiveSearch(LogQuery()).count() == len(logs)
    assert policy.actions == "*"


def test_an_archive_expires_unless_a_hold_is_on_it(tenant: Tenant) -> None:
    logs = recorded(10)
    a_policy(archived_days=30)
    with at(MAY.replace(month=4, day=3)):
        hold = place_hold(name="Case 7", reason="asked for", query={"target_id": "i-3"})
        retain()
        release_hold(id=str(hold.pk), reason="settled")
        retain()
    hold = place_hold(name="Case 8", reason="asked for", query={"target_id": "i-4"})
    keys = list(Archive.objects.values_list("file_key", flat=True))

    assert retain().held == 1
    assert logs[4].pk in logs_by_id([logs[4].pk])

    release_hold(id=str(hold.pk), reason="settled")
    assert retain().expired >= 1
    drain()

    assert logs_by_id([log.pk for log in logs]) == {}
    assert not any(stores.archive_store().exists(key) for key in keys)
    assert verify_log().problem == ""


def test_restored_logs_are_live_again_and_go_again(tenant: Tenant) -> None:
    logs = recorded(10)
    a_policy()
    retain()
    archive = Archive.objects.get()

    for _ in range(2):
        restore_archive(id=str(archive.pk), days=3)
        archive.refresh_from_db()
        restore_logs(archive)

    archive.refresh_from_db()
    assert archive.state == ArchiveState.RESTORED
    live = AuditLog.objects.in_bulk([log.pk for log in logs])
    assert [live[log.pk].told() for log in logs] == [bytes(log.record) for log in logs]
    assert AuditLogTarget.objects.filter(target_id="i-3").count() == 1
    assert matching(LogQuery.of({"text": "word3"})).count() == 1
    assert ArchiveSearch(LogQuery()).count() == 0
    assert verify_log().problem == ""
    retain()
    assert len(AuditLog.objects.in_bulk([log.pk for log in logs])) == 10
    (restored,) = OutboxEvent.objects.filter(type="audit.archive.restored.v1")
    assert restored.envelope().data["logs"] == 10

    Archive.objects.update(restored_until=MARCH)
    retain()
    assert not AuditLog.objects.filter(action__startswith="step").exists()
    assert Archive.objects.count() == 1


@pytest.mark.parametrize("what", ["file", "manifest", "row", "times", "note"])
def test_a_byte_changed_in_an_archive_is_found_and_named(tenant: Tenant, what: str) -> None:
    recorded(10)
    a_policy()
    retain()
    archive = Archive.objects.get()
    if what == "row":
        Archive.objects.update(logs=9)
    elif what == "times":
        # By these a search passes over an archive without opening it.
        Archive.objects.update(occurred_to=MARCH)
    elif what == "note":
        Archive.objects.update(manifest=archive.manifest.replace('"logs":10', '"logs":11'))
    else:
        key = archive.file_key if what == "file" else archive.manifest_key
        path = next(settings.AUDIT_CHECKPOINT_FOLDER.parent.glob(f"files/{key}"))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    problem = verify_log().problem

    assert f"archive {archive.pk}" in problem
    archive.refresh_from_db()
    with pytest.raises(AlteredError):
        check_archive(archive)


def test_an_archive_that_is_not_as_it_was_sealed_is_told_of_and_on_record(tenant: Tenant) -> None:
    recorded(10)
    a_policy()
    retain()
    archive = Archive.objects.get()
    Archive.objects.update(logs=9)
    restore_archive(id=str(archive.pk), days=3)

    with pytest.raises(LogAlteredError):
        retain()

    event = OutboxEvent.objects.get(type="audit.archive.failed.v1").envelope().data
    assert event["archive_id"] == str(archive.pk)
    assert "another logs than its manifest: 10" in event["reason"]
    log = AuditLog.objects.get(action="audit.archive.failed")
    assert log.metadata["reason"] == event["reason"]
    assert not AuditLog.objects.filter(action__startswith="step").exists()


def test_a_file_that_is_missing_is_named(tenant: Tenant) -> None:
    recorded(10)
    a_policy()
    retain()
    archive = Archive.objects.get()
    stores.archive_store().delete(archive.file_key)

    assert f"archive {archive.pk}: no bytes under" in verify_log().problem


def test_groups_are_of_bounded_size(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.services.archiving.GROUP_BYTES", 1_000)
    recorded(10)
    a_policy()

    retain()

    archive = Archive.objects.get()
    groups = stores.stored_file(archive.file_key, archive.size_bytes).groups
    assert len(groups) > 2
    assert sum(group.logs for group in groups) == 10
    assert columns.GROUP == 16_384


PAGE = """
query ($filter: AuditLogFilter, $first: Int, $after: String, $last: Int, $before: String,
       $order: AuditLogOrder = NEWEST_FIRST) {
  auditLogs(filter: $filter, first: $first, after: $after, last: $last, before: $before,
            order: $order) {
    nodes { id action metadata } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.mark.parametrize("order", ["NEWEST_FIRST", "OLDEST_FIRST"])
@pytest.mark.parametrize("backwards", [False, True])
def test_one_list_goes_from_live_logs_on_into_archived_ones(
    tenant: Tenant, graphql: GraphQLClient, order: str, backwards: bool
) -> None:
    logs = [*recorded(10), *recorded(5, MARCH + timedelta(days=40)), *recorded(7, MAY)]
    a_policy()
    with at(MAY + timedelta(days=12)):
        retain()
    wanted = {"text": "word"}
    live = AuditLog.objects.filter(action__startswith="step")
    assert (live.count(), Archive.objects.count()) == (7, 2)

    seen: list[str] = []
    page: dict[str, Any] = {"pageInfo": {}}
    while not seen or page["pageInfo"]["hasPreviousPage" if backwards else "hasNextPage"]:
        info = page["pageInfo"]
        window = (
            {"last": 4, "before": info.get("startCursor")}
            if backwards
            else {"first": 4, "after": info.get("endCursor")}
        )
        page = graphql(PAGE, filter=wanted, order=order, **window).data["auditLogs"]
        assert page["totalCount"] == 22
        ids = [node["id"] for node in page["nodes"]]
        seen = [*ids, *seen] if backwards else [*seen, *ids]

    expected = [str(log.pk) for log in logs]
    assert seen == (expected if order == "OLDEST_FIRST" else expected[::-1])


def test_one_archived_log_is_answered_with_its_proof(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    log = recorded(5)[3]
    a_policy()
    retain()

    answer = graphql(
        """query ($id: ID!) {
          auditLog(id: $id) { id action actor { name } metadata }
          auditLogProof(id: $id) { position record }
          _entities(representations: [{__typename: "AuditLog", id: $id}]) {
            ... on AuditLog { id action } } }""",
        id=str(log.pk),
    ).data

    told = {"id": str(log.pk), "action": "step.0"}
    assert answer["auditLog"] == {
        **told,
        "actor": {"name": "Ada 1"},
        "metadata": {"number": 3, "note": "Word3"},
    }
    assert answer["auditLogProof"] == {"position": 3, "record": bytes(log.record).decode()}
    assert answer["_entities"] == [told]


def test_another_tenant_sees_nothing_of_an_archive(tenant: Tenant) -> None:
    log = recorded(5)[3]
    a_policy()
    retain()
    other = GraphQLClient(make_key(make_tenant()).secret, "/audit/graphql")

    answer = other(
        """query ($id: ID!) { auditLogs { totalCount nodes { id } }
           _entities(representations: [{__typename: "AuditLog", id: $id}]) { __typename } }""",
        id=str(log.pk),
    ).data

    assert answer == {"auditLogs": {"totalCount": 0, "nodes": []}, "_entities": [None]}


def test_a_search_that_reads_for_too_long_ends(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(5)
    a_policy()
    retain()
    monkeypatch.setattr("apps.audit.selectors.archived.LONGEST_SEARCH", -1.0)

    with pytest.raises(OperationTimeoutError, match="narrow it by time"):
        ArchiveSearch(LogQuery()).page(None, 5, descending=True)


def test_an_archive_that_a_page_does_not_reach_is_not_opened(
    tenant: Tenant, graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(5)
    a_policy()
    retain()
    recorded(5, MAY)
    monkeypatch.setattr("apps.audit.selectors.archived.stored_file", None)

    page = graphql(PAGE.replace("totalCount", ""), first=4).data["auditLogs"]

    assert len(page["nodes"]) == 4


def _told(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_says_first_what_would_go_and_then_does_it(tenant: Tenant) -> None:
    recorded(6)
    a_policy("step.1", live_days=36_000)
    a_policy("step.*")
    place_hold(name="Case 7", reason="asked for", query={"target_id": "i-3"})

    planned = _told("audit_archive", "--tenant", tenant.slug, "--dry-run")

    going = "2024-03 step.*: 4 logs go into an archive from 2024-04-02 on, 1 are held"
    assert f"{tenant.slug}: {going}" in planned
    assert f"{tenant.slug}: 2024-03 step.1: 2 logs go into an archive from 2122-" in planned
    assert Archive.objects.count() == 0

    done = json.loads(_told("audit_archive", "--tenant", tenant.slug, "--json"))

    assert (done["archives"], done["logs"], done["removed"]) == (1, 3, 1)


def test_the_command_restores_an_archive(tenant: Tenant) -> None:
    recorded(6)
    a_policy()
    retain()
    archive = Archive.objects.get()

    assert "6 logs of 2024-03 * are in the database until" in _told(
        "audit_restore", str(archive.pk)
    )
    assert AuditLog.objects.filter(action__startswith="step").count() == 6
    told = json.loads(_told("audit_restore", str(archive.pk), "--days=2", "--json"))
    assert (told["archive"], told["logs"]) == (str(archive.pk), 6)
    assert datetime.fromisoformat(told["restored_until"]) > clock.now() + timedelta(days=1)
    with pytest.raises(CommandError, match="no archive") as refused:
        call_command("audit_restore", str(tenant.pk))
    assert refused.value.returncode == 2


def test_logs_that_are_not_as_they_were_sealed_stay_where_they_are(tenant: Tenant) -> None:
    log = recorded(6)[2]
    a_policy()
    forge(
        "UPDATE audit_auditlog SET record = %s WHERE id = %s",
        [b"{}", log.pk.hex if connection.vendor == "sqlite" else log.pk],
    )

    with pytest.raises(LogAlteredError, match=f"audit log {log.pk} of archive"):
        retain()

    assert AuditLog.objects.filter(action__startswith="step").count() == 6
    assert set(Archive.objects.values_list("state", flat=True)) == {"writing"}


def test_the_files_of_a_tenant_go_with_it(tenant: Tenant, store: LocalStorage) -> None:
    recorded(5)
    a_policy()
    retain()
    keys = Archive.objects.values_list("file_key", "manifest_key").get()

    PARTS["audit"].erase(tenant.pk, lambda _table, _rows: None)

    assert [store.exists(key) for key in keys] == [False, False]


@pytest.mark.parametrize("restored", [False, True])
def test_an_export_of_the_tenant_has_archived_logs_as_they_were(
    tenant: Tenant, restored: bool
) -> None:
    logs = recorded(30, personal=(Personal(subject="s-1", fields=("/actor/name",)),))
    before = exported(tenant)
    a_policy(actions="step.1")
    retain()
    if restored:
        archive = Archive.objects.get(actions="step.1")
        restore_logs(restore_archive(id=str(archive.pk), days=3))

    after = exported(tenant)

    ids = {log.pk for log in logs}
    assert {pk: row for pk, row in after.items() if pk in ids} == before
    assert before[logs[0].pk]["sealed"]


@pytest.mark.parametrize("restored", [False, True])
def test_the_total_of_an_export_has_archived_logs_once(tenant: Tenant, restored: bool) -> None:
    recorded(30)
    a_policy(actions="step.1")
    retain()
    if restored:
        archive = Archive.objects.get(actions="step.1")
        restore_logs(restore_archive(id=str(archive.pk), days=3))

    total = PARTS["audit"].count(tenant.pk)["audit_auditlog"]

    assert total == len(exported(tenant))
    assert total > AuditLog.objects.count() or restored


def exported(tenant: Tenant) -> dict[Any, Any]:
    """Return the rows of logs that an export of the tenant has, each once."""
    with in_tenant(tenant.pk):
        told = PARTS["audit"].export(tenant.pk)
        rows = next(list(rows) for name, rows in told if name == "auditlog")
    found = {row["id"]: row | {"record": bytes(row["record"])} for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.postgres
def test_a_partition_goes_as_a_whole_when_archives_have_all_of_it(tenant: Tenant) -> None:
    with system_connection().cursor() as cursor:
        attach(cursor, "2024_03", Month(2024, 3).bounds)
    recorded(6)
    a_policy()
    other = make_tenant()
    with in_tenant(other.pk):
        recorded(4)
        a_policy()
    name = f"{LOGS}_2024_03"

    assert retain().removed == 0
    assert drop_whole_months() == []
    with in_tenant(other.pk):
        retain()
        hold = place_hold(name="Case 7", reason="asked for", query={"actor_id": "u-9"})
    assert drop_whole_months() == []
    with in_tenant(other.pk):
        release_hold(id=str(hold.pk), reason="settled")

    assert drop_whole_months() == [name]

    assert name not in [one.name for one in partitions()]
    assert Archive.objects.get().state == ArchiveState.ARCHIVED
    assert ArchiveSearch(LogQuery()).count() == 6
    assert verify_log().problem == ""


@pytest.mark.postgres
def test_restored_logs_have_the_partition_of_their_month_as_long_as_they_stay(
    tenant: Tenant,
) -> None:
    name = f"{LOGS}_2024_03"
    with system_connection().cursor() as cursor:
        attach(cursor, "2024_03", Month(2024, 3).bounds)
    recorded(6)
    a_policy()
    retain()
    assert drop_whole_months() == [name]
    archive = Archive.objects.get()

    for _ in range(2):
        archive = restore_archive(id=str(archive.pk), days=3)
        restore_logs(archive)

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT tableoid::regclass::text FROM {LOGS} WHERE action LIKE 's%'"
        )
        assert cursor.fetchall() == [(name,)]
    assert drop_whole_months() == []
    Archive.objects.update(restored_until=MARCH)
    retain()
    assert drop_whole_months() == [name]
    assert ArchiveSearch(LogQuery()).count() == 6
    assert verify_log().problem == ""


@pytest.mark.postgres
def test_what_the_default_partition_has_of_a_month_does_not_stop_restoring(tenant: Tenant) -> None:
    recorded(6)
    a_policy()
    retain()
    archive = Archive.objects.get()
    recorded(1, start=MARCH + timedelta(days=1))

    restore_logs(restore_archive(id=str(archive.pk), days=3))

    assert f"{LOGS}_2024_03" not in [one.name for one in partitions()]
    assert AuditLog.objects.filter(action__startswith="step.").count() == 7


def test_a_hold_on_archived_logs_keeps_their_subject(tenant: Tenant) -> None:
    recorded(3, personal=(Personal(subject="s-1", fields=("/actor/name",)),))
    a_policy()
    retain()
    place_hold(name="Case 7", reason="asked for", query={"actor_id": "u-1"})

    with pytest.raises(HeldError, match="held by Case 7"):
        erase_subject(subject="s-1")
