"""Streams: every sealed log arrives, in order, at least once; what fails is told and waits."""

import base64
import hmac
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from prometheus_client import REGISTRY

from apps.audit.adapters.stream_targets import GoneError
from apps.audit.domain.streaming import Sealed, as_cef, as_json, as_ocsf, syslog_frame
from apps.audit.models import AuditLog, AuditStream, Leaf
from apps.audit.services import delivering
from apps.audit.services.delivering import deliver_stream, enqueue_due, send_test
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.streams import create_stream, pause_stream, remove_stream, resume_stream
from contracts.audit import AuditStreamDisabled
from kernel import clock
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry
from tests.audit.receivers import receiver

pytestmark = pytest.mark.usefixtures("tenant")

WEBHOOK = "https://siem.example/in"


class Ear:
    """An end of a stream that hears, and fails as often as it was told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[int]]] = []
        self.fails: list[Exception] = []

    def send(self, message: str, logs: Sequence[Sealed]) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.heard.append((message, [one.position for one in logs]))

    @property
    def positions(self) -> list[int]:
        return [one for _, positions in self.heard for one in positions]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    made = Ear()
    monkeypatch.setattr(delivering, "_end_of", lambda _stream: made)
    return made


def sealed(count: int, **parts: Any) -> None:
    record_all([an_entry(**parts) for _ in range(count)])
    seal_log()


def a_stream(**parts: Any) -> AuditStream:
    usual: dict[str, Any] = {"name": "siem", "address": WEBHOOK, "from_position": 0}
    return create_stream(**usual | parts)[0]


def test_every_sealed_log_is_sent_once_in_the_order_of_its_place(ear: Ear) -> None:
    sealed(150)
    stream = a_stream()
    record_all([an_entry()])

    assert deliver_stream(stream.pk) == 150
    assert deliver_stream(stream.pk) == 0
    assert ear.positions == list(range(150))
    seal_log()
    assert deliver_stream(stream.pk) == 2  # that which was not sealed, and the stream's own


def test_a_new_stream_begins_with_what_comes(ear: Ear) -> None:
    sealed(3)

    stream = a_stream(from_position=None)

    assert (stream.position, deliver_stream(stream.pk)) == (3, 0)


def test_only_what_its_question_finds_is_sent_and_the_rest_is_passed_over(ear: Ear) -> None:
    sealed(2)
    sealed(1, action="user.removed")
    stream = a_stream(query={"actions": ["user.removed"]})

    assert deliver_stream(stream.pk) == 1
    assert ear.positions == [2]
    stream.refresh_from_db()
    assert stream.position == 3


def test_what_fails_is_sent_again_later_and_the_same(ear: Ear) -> None:
    sealed(3)
    stream = a_stream()
    ear.fails = [OutboundFailedError("no answer"), OutboundFailedError("no answer")]

    assert [deliver_stream(stream.pk), deliver_stream(stream.pk)] == [0, 0]
    stream.refresh_from_db()
    assert (stream.failures, stream.position) == (1, 0)
    assert stream.last_error == "OUTBOUND_FAILED: no answer"
    assert stream.retry_at > clock.now()
    due(stream)
    assert deliver_stream(stream.pk) == 0
    stream.refresh_from_db()
    assert stream.retry_at - clock.now() > timedelta(seconds=9)
    due(stream)
    assert deliver_stream(stream.pk) == 3
    stream.refresh_from_db()
    assert (stream.failures, stream.failing_since, stream.last_error) == (0, None, "")


def due(stream: AuditStream, **columns: Any) -> None:
    AuditStream.objects.filter(pk=stream.pk).update(retry_at=clock.now(), **columns)


@pytest.mark.parametrize("gone", [True, False])
def test_one_that_fails_for_days_or_is_not_wanted_sends_no_more_until_it_is_resumed(
    ear: Ear, gone: bool
) -> None:
    sealed(1)
    stream = a_stream()
    ear.fails = [GoneError("410") if gone else OutboundFailedError("no answer")]
    due(stream, failing_since=None if gone else clock.now() - timedelta(days=4))

    assert deliver_stream(stream.pk) == 0
    due(stream)
    assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert stream.state == "disabled"
    (told,) = [one for one in published() if isinstance(one, AuditStreamDisabled)]
    assert (told.name, told.position) == ("siem", 0)
    assert AuditLog.objects.filter(action="audit.stream.disabled").count() == 1
    resume_stream(id=str(stream.pk))
    assert deliver_stream(stream.pk) == 1


def test_one_that_is_paused_waits_and_misses_nothing(ear: Ear) -> None:
    sealed(1)
    stream = a_stream()
    pause_stream(id=str(stream.pk))
    sealed(1)

    assert deliver_stream(stream.pk) == 0
    resume_stream(id=str(stream.pk))
    deliver_stream(stream.pk)

    assert ear.positions == list(range(4))


def test_it_is_played_again_from_a_position(ear: Ear) -> None:
    sealed(5)
    stream = a_stream()
    deliver_stream(stream.pk)

    resume_stream(id=str(stream.pk), from_position=3)
    deliver_stream(stream.pk)

    assert ear.positions == [0, 1, 2, 3, 4, 3, 4]
    with pytest.raises(InvalidInputError, match="the log has 5 leaves, found position 7"):
        resume_stream(id=str(stream.pk), from_position=7)


def test_a_message_that_was_sent_and_not_noted_comes_again_under_its_id(ear: Ear) -> None:
    sealed(2)
    stream = a_stream()
    deliver_stream(stream.pk)
    AuditStream.objects.filter(pk=stream.pk).update(position=0)  # as after a kill

    deliver_stream(stream.pk)

    assert ear.heard == [(f"{stream.pk}-0-1", [0, 1])] * 2


def test_large_logs_go_in_smaller_messages(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "MOST_BYTES", 100_000)
    sealed(5, metadata={"note": "x" * 40_000})
    stream = a_stream()

    assert deliver_stream(stream.pk) == 5
    assert [positions for _, positions in ear.heard] == [[0, 1], [2, 3], [4]]


def test_what_is_no_longer_here_is_counted_and_passed_over(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(3)
    stream = a_stream()
    gone = Leaf.objects.get(position=1).log_id
    in_bulk = type(AuditLog.objects).in_bulk
    monkeypatch.setattr(
        type(AuditLog.objects),
        "in_bulk",
        lambda self, ids: {k: v for k, v in in_bulk(self, ids).items() if k != gone},
    )

    deliver_stream(stream.pk)

    stream.refresh_from_db()
    assert (ear.positions, stream.missed, stream.position) == ([0, 2], 1, 3)


def test_a_stream_of_another_tenant_is_not_there(ear: Ear) -> None:
    stream = a_stream()

    with in_tenant(make_tenant().pk):
        assert deliver_stream(stream.pk) == 0
        for act in (pause_stream, resume_stream, remove_stream):
            with pytest.raises(NotFoundError):
                act(id=str(stream.pk))
        sealed(1)

    assert ear.heard == []


def test_what_waits_is_asked_for_once(ear: Ear) -> None:
    sealed(1)
    a_stream()
    a_stream(name="idle", from_position=1)

    assert [enqueue_due(), enqueue_due()] == [1, 0]
    assert REGISTRY.get_sample_value("audit_stream_waiting_logs") == 1
    assert Job.objects.filter(name="audit.deliver_stream").count() == 1


def allow(settings: Any, address: str) -> None:
    settings.OUTBOUND_ALLOWED = (address.partition("//")[2].partition("/")[0],)


def test_a_webhook_gets_what_it_can_check_by_its_secret(settings: Any) -> None:
    sealed(2)
    with receiver() as (place, heard):
        address = f"http://{place}/in"
        allow(settings, address)
        stream, secret = create_stream(name="siem", address=address, from_position=0)

        assert deliver_stream(stream.pk) == 2

    ((headers, body),) = heard
    told = json.loads(body)
    assert (told["type"], told["data"]["stream"]) == ("audit.logs", "siem")
    assert [one["position"] for one in told["data"]["logs"]] == [0, 1]
    assert told["data"]["logs"][0]["record"]["action"] == "invoice.approved"
    # As Standard Webhooks says it.
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"


def test_a_webhook_that_says_no_has_not_got_it(settings: Any) -> None:
    sealed(1)
    with receiver(status=503) as (place, heard):
        address = f"http://{place}/in"
        allow(settings, address)
        stream = a_stream(address=address)

        assert deliver_stream(stream.pk) == 0
        with pytest.raises(OutboundFailedError, match="answers 503"):
            send_test(stream.pk)

    stream.refresh_from_db()
    assert (len(heard), stream.position) == (2, 0)
    assert stream.last_error == "OUTBOUND_FAILED: the webhook answers 503"


@contextmanager
def collector(reads: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def hear() -> None:
        there, _ = server.accept()
        with there:
            while reads and (some := there.recv(65_536)):
                heard.append(some)

    thread = Thread(target=hear)
    thread.start()
    try:
        yield f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}", heard
    finally:
        thread.join(5)
        server.close()


def test_a_syslog_server_gets_frames_that_it_can_take_apart(settings: Any) -> None:
    sealed(3, action="rechnung.geprüft")
    with collector() as (address, heard):
        allow(settings, address)
        stream = a_stream(address=address)

        assert deliver_stream(stream.pk) == 3

    rest, messages = b"".join(heard), []
    while rest:
        length, _, rest = rest.partition(b" ")
        messages.append(rest[: int(length)])
        rest = rest[int(length) :]
    head, _, told = messages[1].partition(b"\xef\xbb\xbf")
    assert head.startswith(b"<110>1 2024-05-01T12:00:00.000000Z ")
    assert b' septet-audit - rechnung.geprft [audit@32473 id="' in head
    assert json.loads(told)["position"] == 1


def test_a_syslog_server_that_goes_without_reading_has_got_nothing(settings: Any) -> None:
    sealed(1)
    with collector(reads=False) as (address, _):
        allow(settings, address)
        stream = a_stream(address=address)

        assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert (stream.position, stream.failures) == (0, 1)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/in", "syslog+tcp://127.0.0.1:601"])
def test_nothing_is_sent_into_our_own_networks(address: str) -> None:
    sealed(1)
    stream = a_stream(address=address)

    with pytest.raises(OutboundRefusedError):
        send_test(stream.pk)
    assert deliver_stream(stream.pk) == 0
    stream.refresh_from_db()
    assert stream.last_error.startswith("OUTBOUND_REFUSED")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example",
        "syslog+tls://",
        "https://",
        "syslog+tcp://a.example/path",
        "x",
        "http:///",
    ],
)
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError, match="an address is"):
        create_stream(name="siem", address=address)

    assert not AuditStream.objects.exists()


RECORD = {
    "id": "0190",
    "occurredAt": "2024-05-01T12:00:00.000000Z",
    "recordedAt": "2024-05-01T12:00:01.500000Z",
    "action": "a|b\\c\nd",
    "actor": {"type": "user", "id": "u=1", "name": "Ada"},
    "targets": [{"type": "t", "id": "i\n1", "name": ""}],
    "context": {"ipAddress": "192.0.2.1", "userAgent": "", "location": "", "requestId": "r"},
    "changes": [],
    "metadata": {"n": 1},
}


def test_cef_keeps_what_somebody_wrote_in_its_field() -> None:
    told = as_cef(Sealed(7, RECORD)).decode()

    assert told.startswith("CEF:0|Septet|audit|1|a\\|b\\\\c d|a\\|b\\\\c d|3|")
    assert "\n" not in told
    assert " rt=1714564800000 suid=u\\=1 suser=Ada " in told
    assert "cn1=7" in told
    assert "duid=i\\n1" in told


def test_ocsf_and_json_are_json_and_hold_the_same() -> None:
    ocsf, plain = json.loads(as_ocsf(Sealed(7, RECORD))), json.loads(as_json(Sealed(7, RECORD)))

    assert (ocsf["class_uid"], ocsf["type_uid"]) == (6003, 6003 * 100 + ocsf["activity_id"])
    assert ocsf["metadata"]["sequence"] == 7
    assert ocsf["metadata"]["logged_time"] - ocsf["time"] == 1500
    assert ocsf["unmapped"]["metadata"] == {"n": 1}
    assert plain == {"position": 7, "record": RECORD}


def test_a_frame_counts_octets_and_not_letters() -> None:
    length, _, message = syslog_frame(Sealed(1, RECORD), "ü".encode(), "h").partition(b" ")

    assert int(length) == len(message)


def test_a_command_makes_pauses_resumes_and_removes(tenant: Tenant, ear: Ear) -> None:
    sealed(2)

    def run(*arguments: str) -> list[dict[str, Any]]:
        out, err = StringIO(), StringIO()
        call_command(
            "audit_stream", *arguments, "--tenant", tenant.slug, "--json", stdout=out, stderr=err
        )
        said.append(err.getvalue())
        return [json.loads(line) for line in out.getvalue().splitlines()]

    said: list[str] = []
    shown = run("add", "siem", "--address", WEBHOOK, "--from", "1")
    fields = {"name": "siem", "state": "active", "position": 1, "waiting": 1, "last_error": ""}
    assert shown == [fields]
    assert "whsec_" in said[0]
    assert run("test", "siem")
    assert run("pause", "siem")[0]["state"] == "paused"
    assert run("resume", "siem", "--from", "0")[0]["position"] == 0
    assert run("remove", "siem") == []
    with pytest.raises(CommandError, match="no stream 'siem'"):
        run("pause", "siem")
    actions = AuditLog.objects.filter(action__startswith="audit.stream.").order_by("id")
    verbs = [one.action.rpartition(".")[2] for one in actions]
    assert verbs == ["created", "paused", "resumed", "removed"]


def test_staff_see_how_streams_stand_and_pause_them(admin_client: Client) -> None:
    sealed(3)
    stream = a_stream()

    page = admin_client.get("/admin/audit/auditstream/").content.decode()
    detail = admin_client.get(f"/admin/audit/auditstream/{stream.pk}/change/").content.decode()
    admin_client.post(
        "/admin/audit/auditstream/",
        {"action": "pause", "_selected_action": str(stream.pk), "confirmed": "1"},
    )

    assert "siem" in page
    assert "whsec_" not in page + detail
    stream.refresh_from_db()
    assert stream.state == "paused"
