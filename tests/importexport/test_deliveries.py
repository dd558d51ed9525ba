"""Exports that go to places outside: each arrives once, and whoever waits is told of it."""

import base64
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from apps.importexport.errors import EndpointDisabledError
from apps.importexport.models import DataEndpoint, ExportDelivery, ExportJob
from apps.importexport.services import delivering
from apps.importexport.services.deliveries import deliver_export, retry_delivery
from apps.importexport.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    try_endpoint,
)
from apps.importexport.services.exports import create_export, delete_export
from contracts.deliveries import (
    DataEndpointDisabled,
    ExportDelivered,
    ExportDeliveryFailed,
    ExportDeliveryRetried,
)
from kernel import clock
from kernel.errors import ConflictError, LimitExceededError, NotFoundError
from kernel.identity.models import Membership, Tenant
from kernel.jobs.models import Job
from kernel.mesh import fetching
from kernel.tenancy.context import acting_as, in_tenant
from kernel.testing.events import published
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.audit.receivers import receiver
from tests.importexport.exporting import asking, exported, kept_in, with_files
from tests.importexport.places import SECRET, delivery, webhook
from tests.importexport.tables import countries

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]
CONTENT = b"code,name\r\nDE,Country DE\r\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return kept_in(monkeypatch, tmp_path)


def told(*types: type) -> list[Any]:
    """Return what was told of places and deliveries, of these types."""
    return [one for one in published() if isinstance(one, types)]


def exported_to(*places: DataEndpoint) -> ExportJob:
    countries("DE")
    export = exported(dataset="tables.countries", deliver_to=[str(one.pk) for one in places])
    settled()
    return export


def settled() -> None:
    """Do what waited for the file to be scanned, which is another job of the same moment."""
    if ExportDelivery.objects.filter(error_code="NOT_STORED_YET").exists():
        Job.objects.filter(name="importexport.deliver").update(run_at=clock.now())
        drain()


def fetched_at(path: str) -> bytes:
    """Return what whoever has an address is given, as nobody."""
    with acting_as(None):
        return b"".join(fetching._read(path))


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Move the clock on, and do what is due by then."""
    now = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: now)
    drain()


def test_a_webhook_is_told_by_a_signed_message_with_an_address_that_gives_the_file(
    settings: Any,
) -> None:
    settings.PUBLIC_ORIGIN = "https://septet.example"
    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        export = exported_to(endpoint)

    done = delivery()
    assert (done.state, done.attempts, done.location) == ("delivered", 1, f"http://{place}")
    ((headers, body),) = heard
    message = json.loads(body)
    assert message["type"] == "importexport.export.ready"
    assert message["data"]["exportId"] == str(export.pk)
    (file,) = message["data"]["files"]
    part = export.parts.get()
    assert (file["name"], file["sizeBytes"], file["sha256"], file["rows"]) == (
        "tables.countries.csv",
        len(CONTENT),
        part.sha256,
        1,
    )
    assert headers["Webhook-Id"] == str(done.pk)
    signed = f"{done.pk}.{headers['Webhook-Timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    # Without any credential: whoever is given the address fetches the file.
    path = file["address"].removeprefix("https://septet.example")
    assert fetched_at(path) == CONTENT
    assert told(ExportDelivered) == [
        ExportDelivered(
            delivery_id=str(done.pk),
            name="tables.countries",
            export_id=str(export.pk),
            endpoint_id=str(endpoint.pk),
            kind="webhook",
            location=f"http://{place}",
            attempts=1,
        )
    ]


def test_what_fails_is_tried_again_later_under_the_same_name_until_it_arrives(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(status=503) as (place, refused):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        exported_to(endpoint)
        waiting = delivery()
    assert (waiting.state, waiting.attempts) == ("queued", 1)
    assert waiting.error_message == "the webhook answers 503"
    assert waiting.endpoint.failures == 1

    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        address = {"address": f"http://{place}/hook", "link_days": 1}
        DataEndpoint.objects.update(settings=address)
        later(monkeypatch, timedelta(hours=2))

    done = delivery()
    assert (done.state, done.attempts, done.error_code) == ("delivered", 2, "")
    assert [one[0]["Webhook-Id"] for one in (*refused, *heard)] == [str(done.pk)] * 2
    assert (done.endpoint.failures, done.endpoint.failing_since) == (0, None)
    assert len(told(ExportDelivered)) == 1


def test_a_delivery_that_died_before_it_was_noted_is_done_again_and_told_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(point: str) -> None:
        if point == "importexport-delivered":
            raise RuntimeError("killed")

    monkeypatch.setattr(delivering, "fault_point", dies)
    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        exported_to(webhook(place))
        assert delivery().state == "queued"
        monkeypatch.setattr(delivering, "fault_point", lambda _point: None)
        later(monkeypatch, timedelta(hours=2))

    assert delivery().state == "delivered"
    # The receiver knows by the id that it has had it.
    assert len({headers["Webhook-Id"] for headers, _ in heard}) == 1
    assert len(told(ExportDelivered)) == 1


def test_one_that_is_given_up_is_told_of_and_retried_by_people(settings: Any) -> None:
    endpoint = create_endpoint(
        name="own", kind="webhook", settings={"address": "https://10.0.0.1/"}, secret=SECRET
    )
    export = exported_to(endpoint)

    failed = delivery()
    assert (failed.state, failed.error_code) == ("failed", "OUTBOUND_REFUSED")
    (event,) = told(ExportDeliveryFailed)
    assert (event.delivery_id, event.export_id) == (str(failed.pk), str(export.pk))
    assert (event.error_code, event.attempts) == ("OUTBOUND_REFUSED", 1)
    with receiver() as (place, _):
        settings.OUTBOUND_ALLOWED = (place,)
        DataEndpoint.objects.update(settings={"address": f"http://{place}/", "link_days": 1})
        retry_delivery(id=str(failed.pk))
        drain()
    assert delivery().state == "delivered"
    assert told(ExportDeliveryRetried) == [
        ExportDeliveryRetried(delivery_id=str(failed.pk), name="tables.countries")
    ]
    with pytest.raises(ConflictError, match="delivered"):
        retry_delivery(id=str(failed.pk))


def test_a_place_that_fails_for_days_is_disabled_until_somebody_has_looked(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(status=500) as (place, _):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        export = exported_to(endpoint)
        later(monkeypatch, timedelta(days=4))

        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.failures) == ("disabled", 2)
        (event,) = told(DataEndpointDisabled)
        assert event.reason == "OUTBOUND_FAILED: the webhook answers 500"
        later(monkeypatch, timedelta(hours=2))
    failed = delivery()
    assert (failed.state, failed.error_code) == ("failed", "IMPORTEXPORT_ENDPOINT_DISABLED")
    with pytest.raises(EndpointDisabledError), asking():
        create_export(dataset="tables.countries", format="csv", deliver_to=[str(endpoint.pk)])
    assert ExportJob.objects.get() == export
    enable_endpoint(id=str(endpoint.pk))
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failures, endpoint.last_error) == ("active", 0, "")


def test_one_that_wants_nothing_more_is_disabled_at_once(settings: Any) -> None:
    with receiver(status=410) as (place, _):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        exported_to(endpoint)

    endpoint.refresh_from_db()
    assert (endpoint.state, delivery().state) == ("disabled", "failed")


def test_an_export_that_is_ready_is_delivered_later_and_twice_is_once(settings: Any) -> None:
    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        export, endpoint = exported_to(), webhook(place)
        for _ in range(2):
            deliver_export(id=str(export.pk), endpoint_id=str(endpoint.pk))
            drain()
            settled()

    assert delivery().state == "delivered"
    assert len(heard) == 1


def test_nothing_is_delivered_of_what_came_to_nothing_or_of_another_tenant() -> None:
    with in_tenant(make_tenant().pk):
        others = create_endpoint(
            name="a", kind="webhook", settings={"address": "https://a.example/"}, secret=SECRET
        )
    export = exported_to()
    with pytest.raises(NotFoundError):
        deliver_export(id=str(export.pk), endpoint_id=str(others.pk))
    own = webhook("a.example")
    ExportJob.objects.update(state="expired")
    with pytest.raises(ConflictError, match="expired"):
        deliver_export(id=str(export.pk), endpoint_id=str(own.pk))
    assert not ExportDelivery.objects.exists()
    assert not Job.objects.filter(name="importexport.deliver").exists()


def test_an_export_goes_to_ten_places_at_most() -> None:
    places = [
        create_endpoint(
            name=f"p{at}",
            kind="webhook",
            settings={"address": "https://a.example/"},
            secret=SECRET,
        )
        for at in range(11)
    ]
    countries("DE")

    with asking(), pytest.raises(LimitExceededError):
        create_export(
            dataset="tables.countries", format="csv", deliver_to=[str(one.pk) for one in places]
        )

    assert not ExportJob.objects.exists()


def test_deliveries_go_with_their_export_and_with_their_place() -> None:
    first, second = (
        create_endpoint(
            name=name,
            kind="webhook",
            settings={"address": "https://10.0.0.1/"},
            secret=SECRET,
        )
        for name in "ab"
    )
    export = exported_to(first, second)

    delete_endpoint(id=str(first.pk))
    assert delivery().endpoint == second
    delete_export(id=str(export.pk))
    assert not ExportDelivery.objects.exists()


def test_one_whose_job_is_gone_is_ended() -> None:
    endpoint = webhook("a.example")
    export = exported_to()
    ExportDelivery.objects.create(export=export, endpoint=endpoint, state="queued")

    delivering.sweep_deliveries()

    assert (delivery().state, delivery().error_code) == ("failed", "IMPORTEXPORT_ABANDONED")
    # Nobody has tried the place: it is no fault of it.
    assert delivery().endpoint.failures == 0


def test_members_get_a_mail_with_a_link_and_nothing_attached(tenant: Tenant, settings: Any) -> None:
    settings.PUBLIC_ORIGIN = "https://septet.example"
    ada = User.objects.create_user("ada", email="Ada@example.com")
    member = Membership.objects.create(user=ada, tenant=tenant)
    endpoint = create_endpoint(
        name="people", kind="email", settings={"to": ["ada@example.com"], "link_days": 2}
    )

    export = exported_to(endpoint)

    (message,) = mail.outbox
    assert (message.to, message.attachments) == (["ada@example.com"], [])
    assert message.subject == "Export: tables.countries"
    assert message.extra_headers["Message-ID"] == f"<{delivery().pk}@importexport.septet>"
    (link,) = [one for one in str(message.body).splitlines() if one.startswith("https://")]
    assert fetched_at(link.removeprefix("https://septet.example")) == CONTENT
    # Whoever has left hears of nothing more.
    member.delete()
    ExportDelivery.objects.all().delete()
    deliver_export(id=str(export.pk), endpoint_id=str(endpoint.pk))
    drain()
    assert len(mail.outbox) == 1
    assert delivery().error_code == "IMPORTEXPORT_ENDPOINT_REFUSED"


def test_a_test_tells_what_came_of_it(settings: Any) -> None:
    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        disable_endpoint(id=str(endpoint.pk))

        try_endpoint(id=str(endpoint.pk))

    assert json.loads(heard[0][1])["type"] == "importexport.endpoint.tested"


def test_staff_see_why_try_the_place_and_the_delivery_again(
    admin_client: Client, settings: Any
) -> None:
    with receiver(status=410) as (place, _):
        settings.OUTBOUND_ALLOWED = (place,)
        endpoint = webhook(place)
        exported_to(endpoint)
    pages = "/admin/importexport"
    page = f"{pages}/dataendpoint/{endpoint.pk}"
    shown = admin_client.get(f"{page}/change/").content.decode()
    assert "the webhook answers 410: it wants nothing more" in shown
    assert SECRET not in shown

    with receiver() as (place, heard):
        settings.OUTBOUND_ALLOWED = (place,)
        DataEndpoint.objects.update(settings={"address": f"http://{place}/", "link_days": 1})
        for path in (
            f"{page}/test/",
            f"{page}/enable/",
            f"{pages}/exportdelivery/{delivery().pk}/retry/",
        ):
            # Nothing is done before a yes.
            assert admin_client.get(path).status_code == 200
            admin_client.post(path, {"confirmed": "yes"})
        drain()

    assert [json.loads(body)["type"] for _, body in heard] == [
        "importexport.endpoint.tested",
        "importexport.export.ready",
    ]
    assert delivery().state == "delivered"
