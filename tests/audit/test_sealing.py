"""Sealing: every log gets one place, once, and what was signed is never left behind."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from prometheus_client import REGISTRY

from apps.audit.domain.canonical import canonical
from apps.audit.domain.merkle import Span, Tree, leaf_hash, verify_consistency
from apps.audit.domain.notes import Checkpoint as SignedCheckpoint
from apps.audit.domain.notes import opened
from apps.audit.domain.receipts import check_receipt
from apps.audit.errors import LogAlteredError
from apps.audit.models import AuditLog, Checkpoint, Leaf, LogHead, SigningKey, Unsealed
from apps.audit.selectors.figures import LogFigures, check
from apps.audit.selectors.integrity import receipt_for, tenants_to_seal, tiles, verifier_keys
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_all, seal_log, seal_some, seal_soon
from apps.audit.services.signing import rotate_key
from contracts.audit import AuditCheckpointPublished
from kernel import clock
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.observability.health import readiness
from kernel.tenancy.context import acting_as, in_tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.events import published
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry, forge

pytestmark = pytest.mark.usefixtures("tenant")


def recorded(count: int) -> list[AuditLog]:
    outcomes = record_all([an_entry(action=f"step.{number}") for number in range(count)])
    return [outcome.log for outcome in outcomes if outcome.log]


def signed(checkpoint: Checkpoint) -> SignedCheckpoint:
    origin = LogHead.objects.get().origin
    keys = [key for key, _ in verifier_keys(origin)]
    return SignedCheckpoint.parse(opened(checkpoint.note, keys))


def test_a_record_is_the_canonical_form_of_all_that_was_told(tenant: Tenant) -> None:
    log = record(
        an_entry(metadata={"amount": 12.50, "big": 1e22, "ä": ["\u2028", 1.0]}, idempotency_key="k")
    )

    log.refresh_from_db()
    assert bytes(log.record) == log.told()
    assert bytes(log.record).decode() == (
        '{"action":"invoice.approved","actor":{"id":"u-1","name":"Ada","type":"user"},'
        '"changes":[],"context":{"ipAddress":"","location":"","requestId":"","userAgent":""},'
        '"form":"septet.audit/1",'
        f'"id":"{log.pk}","idempotencyKey":"k",'
        '"metadata":{"amount":12.5,"big":1e+22,"ä":["\u2028",1]},'
        '"occurredAt":"2024-05-01T12:00:00.000000Z",'
        f'"recordedAt":"{log.recorded_at.isoformat(timespec="microseconds")[:-6]}Z",'
        '"targets":[{"id":"i-1","name":"May","type":"invoice"}],'
        f'"tenantId":"{tenant.pk}"}}'
    )


def test_what_was_recorded_waits_with_the_hash_of_its_record() -> None:
    logs = recorded(3)

    assert {row.log_id: bytes(row.leaf_hash) for row in Unsealed.objects.all()} == {
        log.pk: leaf_hash(bytes(log.record)) for log in logs
    }
    assert list(tenants_to_seal()) == [logs[0].tenant_id]


def test_sealing_gives_each_log_a_place_and_signs_the_tree(tenant: Tenant) -> None:
    logs = recorded(3)

    assert seal_log() == 3

    assert list(Leaf.objects.order_by("position").values_list("position", "log_id")) == [
        (number, log.pk) for number, log in enumerate(logs)
    ]
    assert Unsealed.objects.count() == 0
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.number, checkpoint.size) == (1, 3)
    assert signed(checkpoint) == SignedCheckpoint(
        f"septet/audit/{tenant.pk}", 3, Tree(3, tiles).root()
    )
    assert [event for event in published() if isinstance(event, AuditCheckpointPublished)] == [
        AuditCheckpointPublished(
            origin=f"septet/audit/{tenant.pk}", number=1, size=3, note=checkpoint.note
        )
    ]


def test_each_batch_continues_the_one_before() -> None:
    recorded(700)

    sizes = [seal_some(most=300) for _ in range(4)]

    assert sizes == [300, 300, 100, 0]
    assert list(Leaf.objects.order_by("position").values_list("position", flat=True)) == list(
        range(700)
    )
    first, second, third = Checkpoint.objects.order_by("number")
    for older, newer in ((first, second), (second, third), (first, third)):
        proof = Tree(newer.size, tiles).consistency(older.size)
        sizes_of = Span(older.size, newer.size)
        verify_consistency(sizes_of, proof, bytes(older.root), bytes(newer.root))
    keys = [key for key, _ in verifier_keys(LogHead.objects.get().origin)]
    for log in AuditLog.objects.all()[::50]:
        check_receipt(receipt_for(log.pk), keys)


def test_nothing_to_seal_signs_nothing() -> None:
    assert seal_log() == 0
    recorded(1)
    seal_log()

    assert seal_log() == 0

    assert Checkpoint.objects.count() == 1


def test_a_log_that_is_committed_late_falls_into_the_next_batch() -> None:
    early = record(an_entry())
    late = record(an_entry())
    Unsealed.objects.filter(pk=early.pk).delete()
    seal_log()
    Unsealed.objects.create(log_id=early.pk, leaf_hash=leaf_hash(bytes(early.record)))

    seal_log()

    assert list(Leaf.objects.order_by("position").values_list("log_id", flat=True)) == [
        late.pk,
        early.pk,
    ]


def test_each_tenant_has_a_log_and_keys_of_its_own(tenant: Tenant) -> None:
    recorded(2)
    other = make_tenant()
    with in_tenant(other.pk):
        recorded(1)

    with acting_as(None):
        assert seal_all() == 3

    heads = {head.tenant_id: head.size for head in LogHead.across_tenants.all()}
    assert heads == {tenant.pk: 2, other.pk: 1}
    assert len({bytes(key.public) for key in SigningKey.across_tenants.all()}) == 2
    assert Checkpoint.objects.count() == 1


def test_an_altered_log_is_not_continued_and_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorded(3)
    seal_log()
    forge(f"UPDATE audit_tile SET hashes = '{'ab' * 96}'")
    recorded(2)
    with in_tenant(make_tenant().pk):
        recorded(1)

    with pytest.raises(LogAlteredError, match="not as it was signed at 3 leaves"):
        seal_log()
    with acting_as(None):
        assert seal_all() == 1

    assert Unsealed.objects.count() == 2
    assert Checkpoint.objects.count() == 1
    assert "not as it was signed" in caplog.text


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_checkpoint SET note = replace(note, 'septet', 'forged')",
        "UPDATE audit_checkpoint SET size = size - 1",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_signingkey",
        "UPDATE audit_loghead SET size = size + 1",
    ],
)
def test_whatever_of_it_was_altered_nothing_more_is_signed(statement: str) -> None:
    recorded(3)
    seal_log()
    forge(statement)
    recorded(1)

    before = Checkpoint.objects.count()
    with pytest.raises(LogAlteredError):
        seal_log()

    assert Checkpoint.objects.count() == before


def test_after_a_rotation_both_keys_sign_for_a_while_and_old_notes_stay_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded(1)
    seal_log()
    rotate_key(overlap=timedelta(days=1))
    recorded(1)
    seal_log()
    _at(monkeypatch, clock.now() + timedelta(days=2))
    recorded(1)
    seal_log()

    one, both, new = Checkpoint.objects.order_by("number")
    assert [note.note.count("— ") for note in (one, both, new)] == [1, 2, 1]
    origin = LogHead.objects.get().origin
    (newest, _), (oldest, _) = verifier_keys(origin)
    assert opened(one.note, [oldest]) != opened(both.note, [oldest])
    assert opened(both.note, [newest]) == opened(both.note, [oldest])
    assert opened(new.note, [newest])
    assert [signed(note).size for note in (one, both, new)] == [1, 2, 3]


def test_the_private_key_is_encrypted_at_rest() -> None:
    recorded(1)
    seal_log()

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM audit_signingkey")
        (stored,) = cursor.fetchone()

    assert stored.startswith("s1.test.")


def test_writers_ask_for_one_sealing_in_each_half_second(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = datetime.fromisoformat("2030-01-01T00:00:00.100000+00:00")
    for milliseconds in (0, 100, 399, 401, 700):
        _at(monkeypatch, begun + timedelta(milliseconds=milliseconds))
        seal_soon()

    asked = Job.objects.filter(name="audit.seal").order_by("run_at")
    assert [job.run_at - begun for job in asked] == [
        timedelta(milliseconds=400),
        timedelta(milliseconds=900),
    ]
    assert {job.tenant_id for job in asked} == {None}


def test_recording_asks_for_it_after_the_commit(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        recorded(3)

    assert Job.objects.filter(name="audit.seal").count() == 1


def test_the_last_checkpoint_of_a_minute_goes_to_the_folder(
    tenant: Tenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")
    _at(monkeypatch, datetime.fromisoformat("2030-01-01T00:00:10+00:00"))
    for _ in range(2):
        recorded(1)
        seal_log()
    assert Job.objects.filter(name="audit.publish_checkpoint").count() == 1

    _at(monkeypatch, datetime.fromisoformat("2030-01-01T00:01:00+00:00"))
    drain()

    files = [path for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()]
    assert [str(path.relative_to(tmp_path / "checkpoints")) for path in files] == [
        f"{tenant.pk}/2030-01/000000000002.txt"
    ]
    assert files[0].read_text() == Checkpoint.objects.get(number=2).note


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlog SET record = 'forged'",
        "UPDATE audit_leaf SET position = position + 1",
        "DELETE FROM audit_leaf",
        "UPDATE audit_tile SET hashes = substr(hashes, 2)",
        "UPDATE audit_tile SET level = 1",
        "DELETE FROM audit_tile",
        "UPDATE audit_checkpoint SET note = 'forged'",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_loghead SET size = size - 1",
        "UPDATE audit_loghead SET size = size + 1",
        "UPDATE audit_loghead SET origin = 'forged', size = 9, checkpoints = 2",
        "DELETE FROM audit_loghead",
        "UPDATE audit_signingkey SET public = 'forged'",
        "DELETE FROM audit_signingkey",
        "UPDATE audit_unsealed SET leaf_hash = 'forged'",
    ],
)
def test_the_database_refuses_all_but_growth(statement: str) -> None:
    recorded(2)
    seal_log()
    recorded(1)

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize(
    "table", ["audit_leaf", "audit_tile", "audit_checkpoint", "audit_loghead", "audit_signingkey"]
)
def test_the_database_refuses_to_truncate_the_log(table: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table}")


def test_what_no_record_can_hold_is_refused_by_name() -> None:
    outcomes = record_all(
        [
            an_entry(metadata={"number": 2**60 + 1}),
            an_entry(metadata={"number": float("nan")}),
            an_entry(action="half \ud800"),
            an_entry(),
        ]
    )

    assert [str(outcome.error) for outcome in outcomes[:3]] == [
        "metadata: a number has more digits than a double holds: tell it as a text",
        "metadata: JSON holds no nan",
        "action holds half of a surrogate pair",
    ]
    assert AuditLog.objects.count() == Unsealed.objects.count() == 1


def test_the_canonical_form_of_a_record_is_stable_over_the_database() -> None:
    values = [0.1, 1e21, 1e22, 1e23, 1e-7, -0.0, 5e-324, 1.7976931348623157e308, 2**53 - 1]
    log = record(an_entry(metadata={"values": values}))
    before = bytes(log.record)

    log.refresh_from_db()

    assert log.told() == before == bytes(log.record)
    assert canonical(values) in before


def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_keys_are_shown_and_rotated_by_command(tenant: Tenant) -> None:
    recorded(1)
    seal_log()
    first, second = StringIO(), StringIO()

    call_command("audit_key", "show", "--json", stdout=first)
    call_command("audit_key", "rotate", "--now", "--tenant", tenant.slug, "--json", stdout=second)

    (old,) = json.loads(first.getvalue())["keys"]
    shown = json.loads(second.getvalue())
    assert (shown["tenant"], shown["keys"][1]) == (tenant.slug, old)
    assert shown["keys"][0].startswith(f"septet/audit/{tenant.pk}+")
    recorded(1)
    seal_log()
    assert [note.note.count("— ") for note in Checkpoint.objects.order_by("number")] == [1, 1]
    with pytest.raises(CommandError, match="no tenant nobody"):
        call_command("audit_key", "show", "--tenant", "nobody")


def test_a_tenant_that_is_erased_leaves_nothing_of_its_log(tenant: Tenant) -> None:
    recorded(3)
    seal_log()
    recorded(1)
    with in_tenant(make_tenant().pk):
        recorded(1)
        seal_log()

    PARTS["audit"].erase(tenant.pk, lambda _table, _rows: None)

    assert PARTS["audit"].count(tenant.pk) == {}
    assert LogHead.across_tenants.count() == SigningKey.across_tenants.count() == 1


def test_how_late_sealing_is_is_told_to_prometheus_and_by_readiness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seconds() -> float:
        (family,) = LogFigures().collect()
        return float(family.samples[0].value)

    assert (seconds(), check()) == (0, "sealed")
    recorded(2)
    _at(monkeypatch, clock.now() + timedelta(minutes=5))

    assert 300 <= seconds() < 310
    assert check().startswith("the oldest log waits to be sealed for 30")
    assert REGISTRY.get_sample_value("audit_unsealed_oldest_seconds") is not None
    found = readiness()["audit"]
    # To send it no more work would help nobody.
    assert found.state == "ok"

    seal_log()
    assert (seconds(), check()) == (0, "sealed")
