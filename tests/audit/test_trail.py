"""Events become audit logs: once, with actor, target and trace, in the tenant they are of."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from apps.audit.consumers import RECORDED
from apps.audit.domain.entries import Actor
from apps.audit.models import AuditLog
from apps.audit.services.recording import record_all
from contracts.audit import AuditLogsRecorded
from contracts.capture import RowsChanged
from contracts.catalogue import event_types
from contracts.config import FlagChanged
from contracts.envelope import Actor as EventActor
from contracts.event import app_of
from contracts.files import FileRenamed
from contracts.identity import SignInFailed
from contracts.staff import StaffActed, StaffChanged
from kernel.events.models import Handled, OutboxEvent, Redelivery
from kernel.events.publishing import publish
from kernel.identity.models import Tenant
from kernel.observability.context import request_ids
from kernel.tenancy.context import PLATFORM
from kernel.testing.events import drain_events, published
from tests.audit.factories import an_entry
from tests.contracts.test_events import example

TRACE = "0af7651916cd43dd8448eb211c80319c"
ADA = EventActor(type="user", id="7", name="Ada")
RENAMED = FileRenamed(file_id="f1", name="new.csv", previous_name="old.csv")


def test_an_event_is_recorded_with_actor_target_change_and_trace(tenant: Tenant) -> None:
    with request_ids("", f"00-{TRACE}-00f067aa0ba902b7-01"):
        id_ = publish(RENAMED, actor=ADA)
    drain_events()

    log = AuditLog.objects.get()
    assert (log.tenant_id, log.action) == (tenant.pk, "files.file.renamed")
    assert (log.actor_type, log.actor_id, log.actor_name) == ("user", "7", "Ada")
    assert log.targets == [{"type": "File", "id": "f1", "name": "new.csv"}]
    assert log.changes == [{"field": "name", "before": "old.csv", "after": "new.csv"}]
    assert log.occurred_at == OutboxEvent.objects.get(event_id=id_).time
    assert log.metadata == {
        "event": {"id": str(id_), "type": "files.file.renamed.v1", "traceId": TRACE},
        "file_id": "f1",
        "name": "new.csv",
        "previous_name": "old.csv",
    }


def test_an_event_is_recorded_once_even_when_the_inbox_has_forgotten_it(tenant: Tenant) -> None:
    publish(RENAMED)
    drain_events()
    Handled.objects.all().delete()
    OutboxEvent.objects.update(state="waiting", offset=None)

    drain_events()

    assert AuditLog.objects.count() == 1
    assert Redelivery.objects.count() == 0


def test_what_concerns_no_tenant_is_recorded_of_the_platform(db: None) -> None:
    publish(SignInFailed(username="ada", reason="password", ip_address="192.0.2.1"))
    drain_events()

    log = AuditLog.across_tenants.get()
    assert (log.tenant_id, log.action) == (PLATFORM, "identity.signin.failed")
    assert log.metadata["ip_address"] == "192.0.2.1"


def test_tenants_see_their_own_trail_alone(tenant: Tenant) -> None:
    publish(RENAMED, tenant_id=uuid.uuid4())
    publish(RENAMED)
    drain_events()

    assert AuditLog.objects.count() == 1
    assert AuditLog.across_tenants.count() == 2


@pytest.mark.any_database
@pytest.mark.parametrize("event", [one.TYPE for one in RECORDED if one is not RowsChanged])
def test_every_event_of_the_others_can_be_recorded(tenant: Tenant, event: str) -> None:
    publish(example(event_types()[event]))
    drain_events()

    assert AuditLog.objects.count() == 1
    assert Redelivery.objects.count() == 0


def test_of_captured_rows_each_leaves_a_log_once(tenant: Tenant) -> None:
    def row(id_: str, before: int, after: int) -> str:
        changes = [{"field": "total", "before": before, "after": after}]
        return json.dumps({"id": id_, "name": f"no. {id_}", "changes": changes})

    rows = (row("1", 1, 2), row("2", 3, 4))
    publish(
        RowsChanged(app="shop", model="Order", action="changed", first_id="1", rows=rows), actor=ADA
    )
    drain_events()
    Handled.objects.all().delete()
    OutboxEvent.objects.update(state="waiting", offset=None)
    drain_events()

    first, second = AuditLog.objects.order_by("id")
    assert (first.action, first.actor_name) == ("shop.order.changed", "Ada")
    assert first.targets == [{"type": "Order", "id": "1", "name": "no. 1"}]
    assert second.changes == [{"field": "total", "before": 3, "after": 4}]
    assert second.metadata["model"] == "shop.Order"
    assert second.metadata["event"]["type"] == RowsChanged.TYPE


def test_only_the_logs_own_events_and_what_nobody_has_judged_are_left_out() -> None:
    left_out = set(event_types().values()) - set(RECORDED)

    assert {app_of(event.TYPE) for event in left_out if not event.UNJUDGED} == {"audit"}
    assert {event.TYPE for event in left_out if event.UNJUDGED} == {
        "notifications.intake.submitted.v1"
    }


def test_what_staff_do_is_called_by_what_they_did_it_to(tenant: Tenant) -> None:
    publish(
        StaffChanged(
            app="files", model="File", object_id="f1", name="a", action="changed", fields=("Name",)
        )
    )
    publish(StaffActed(app="jobs", model="Job", action="retry", count=2, object_ids=("1", "2")))
    drain_events()

    changed, acted = AuditLog.objects.order_by("id")
    assert (changed.action, changed.targets) == (
        "staff.file.changed",
        [{"type": "File", "id": "f1", "name": "a"}],
    )
    assert changed.metadata["fields"] == ["Name"]
    assert acted.action == "staff.job.retry"
    assert [target["id"] for target in acted.targets] == ["1", "2"]


def test_a_field_without_a_previous_one_is_no_change(tenant: Tenant) -> None:
    publish(FlagChanged(flag_id="1", key="a", fields=("owner",)))
    drain_events()

    assert AuditLog.objects.get().changes == []


def test_what_callers_record_is_told_once_a_call_and_not_recorded_again(tenant: Tenant) -> None:
    entries = [an_entry(actor=Actor(type="user", id=str(number))) for number in range(3)]
    outcomes = record_all(entries)
    drain_events()

    first = outcomes[0].log
    assert first
    assert published() == [AuditLogsRecorded(first_log_id=str(first.pk), count=3)]
    assert AuditLog.objects.count() == 3


def test_what_was_recorded_before_is_not_told_again(tenant: Tenant) -> None:
    entry = an_entry(idempotency_key="k", occurred_at=datetime(2026, 1, 1, tzinfo=UTC))

    for _ in range(2):
        record_all([entry])

    assert len(published()) == 1
