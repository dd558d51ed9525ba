"""Web Push: what a browser gets is what was said to it, and to nobody else; devices come and go."""

from collections.abc import Iterator
from typing import Any

import jwt
import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import LazySettings
from django.test import Client

from apps.notifications.adapters.providers.sealing import encrypted, private_of
from apps.notifications.domain.devices import Target
from apps.notifications.models import (
    Notification,
    NotificationDevice,
    NotificationProvider,
    Subscriber,
)
from apps.notifications.selectors.links import inbox_token
from apps.notifications.services.devices import register_device
from apps.notifications.services.providers import (
    create_provider,
    delete_provider,
    rotate_push_key,
)
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from contracts.notification_providers import DeviceRegistered, DeviceRemoved
from kernel.errors import ConflictError, InvalidInputError
from kernel.tenancy.context import in_tenant
from kernel.testing.events import told
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.notifications.answers import Said
from tests.notifications.carriers import Browser, Carrier, carrier, of_base64url
from tests.notifications.people import StandingClock, made, person, send, texts

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def service(settings: LazySettings) -> Iterator[Carrier]:
    """A push service, and a provider that sends to it."""
    with carrier() as one:
        settings.OUTBOUND_ALLOWED = (one.origin.removeprefix("http://"),)
        one.usual = Said(201)
        create_provider(name="browsers", kind="web_push")
        yield one


@pytest.fixture
def ada(service: Carrier) -> Subscriber:
    create_template(name="w text", texts=texts("push"))
    create_workflow(name="w", steps=[send("push")], category="news")
    return person()


def subscribed(ada: Subscriber, service: Carrier, path: str = "/push/1") -> Browser:
    browser = Browser(f"{service.origin}{path}")
    register_device(
        subscriber_id=str(ada.pk), kind="web_push", address=browser.endpoint, keys=browser.keys
    )
    return browser


def tell(name: str = "X") -> None:
    trigger(workflow="w", subscribers=["ada"], data={"name": name})
    drain()


def test_the_example_of_the_rfc_comes_out_as_it_stands_there() -> None:
    """RFC 8291, section 5 and appendix A."""
    target = Target(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )

    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        target,
        salt=of_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=private_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )

    assert body == of_base64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_reads_what_was_said_to_it_and_no_other_does(
    ada: Subscriber, service: Carrier
) -> None:
    browser = subscribed(ada, service)

    tell("<b>Grüße</b>")

    [heard] = service.heard
    [notification] = Notification.objects.all()
    assert orjson.loads(browser.read(heard.body)) == {
        "id": str(notification.pk),
        "title": "About <b>Grüße</b>",
        "body": "1 of <b>Grüße</b>",
    }
    with pytest.raises(InvalidTag):
        Browser(browser.endpoint).read(heard.body)
    with pytest.raises(InvalidTag):
        Browser(browser.endpoint, key=browser.key).read(heard.body)
    assert b"Gr" not in heard.body
    assert (notification.state, notification.recipient) == ("sent", "ada")
    assert told(DeviceRegistered)[0].kind == "web_push"
    assert "push/1" not in repr(NotificationDevice.objects.values())


def test_who_sends_is_signed_for_this_push_service_alone(ada: Subscriber, service: Carrier) -> None:
    subscribed(ada, service)

    tell()

    headers = service.heard[0].headers
    scheme, token, key = headers["Authorization"].replace(",", "").split()
    assert scheme == "vapid"
    public = key.removeprefix("k=")
    assert public == NotificationProvider.objects.get().settings["public_key"]
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), of_base64url(public))
    claims = jwt.decode(
        token.removeprefix("t="), point, algorithms=["ES256"], audience=service.origin
    )
    assert claims["sub"].startswith(("mailto:", "https://"))
    assert (headers["Content-Encoding"], headers["TTL"], headers["Urgency"]) == (
        "aes128gcm",
        "86400",
        "normal",
    )
    assert len(headers["Topic"]) == 32


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_does_not_keep_the_others(
    ada: Subscriber, service: Carrier, status: int
) -> None:
    other = subscribed(ada, service, "/push/there")
    subscribed(ada, service, "/push/gone")
    service.by_path["/push/gone"] = Said(status)

    tell()

    assert made() == [("ada", "push", "sent", "")]
    assert len(service.heard) == 2
    there = [one for one in service.heard if one.path == "/push/there"]
    assert b"About X" in other.read(there[0].body)
    assert NotificationDevice.objects.count() == 1
    assert len(told(DeviceRemoved)) == 1
    tell()
    assert len(service.heard) == 3


def test_when_all_are_gone_that_is_said_and_then_there_is_no_address(
    ada: Subscriber, service: Carrier
) -> None:
    subscribed(ada, service)
    service.usual = Said(410)

    tell()
    tell()

    assert [one[2:] for one in made()] == [
        ("failed", "NOTIFICATIONS_ADDRESS_GONE"),
        ("skipped", "NO_ADDRESS"),
    ]


def test_a_push_service_that_asks_for_time_gets_it(
    ada: Subscriber, service: Carrier, moved: StandingClock
) -> None:
    subscribed(ada, service)
    service.usual = Said(429, "", {"Retry-After": "3000"})

    tell()
    moved.by(seconds=2_990)
    drain()
    assert len(service.heard) == 1
    service.usual = Said(201)
    moved.by(seconds=20)
    drain()

    assert made() == [("ada", "push", "sent", "")]
    assert NotificationDevice.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [(500, "queued"), (503, "queued"), (400, "failed"), (403, "failed"), (413, "failed")],
)
def test_what_else_goes_wrong_forgets_no_device(
    ada: Subscriber, service: Carrier, status: int, state: str
) -> None:
    subscribed(ada, service)
    service.usual = Said(status)

    tell()

    assert made()[0][2] == state
    assert NotificationDevice.objects.count() == 1


def test_a_long_message_is_cut_to_what_a_push_holds(ada: Subscriber, service: Carrier) -> None:
    browser = subscribed(ada, service)

    tell("ü😀" * 2_000)

    [heard] = service.heard
    assert len(heard.body) <= 3_100
    assert orjson.loads(browser.read(heard.body))["body"].endswith("…")


def test_after_a_rotation_the_former_key_signs_for_who_has_not_come_back(
    ada: Subscriber, service: Carrier
) -> None:
    subscribed(ada, service, "/push/old")
    provider = NotificationProvider.objects.get()
    first = provider.settings["public_key"]
    second = rotate_push_key(id=str(provider.pk)).settings["public_key"]
    subscribed(ada, service, "/push/new")

    tell()

    by = {one.path: one.headers["Authorization"].split("k=")[1] for one in service.heard}
    assert by == {"/push/old": first, "/push/new": second}
    rotate_push_key(id=str(provider.pk))
    assert {one.public_key for one in NotificationDevice.objects.all()} == {second}
    assert "private" not in repr(NotificationProvider.objects.values("settings", "secret"))


def test_there_is_one_provider_of_web_push_and_its_browsers_go_with_it(
    ada: Subscriber, service: Carrier
) -> None:
    subscribed(ada, service)
    with pytest.raises(ConflictError):
        create_provider(name="others", kind="web_push")

    delete_provider(id=str(NotificationProvider.objects.get().pk))

    assert not NotificationDevice.objects.exists()


def test_a_browser_of_another_person_by_now_is_theirs(ada: Subscriber, service: Carrier) -> None:
    browser = subscribed(ada, service)
    bob = person("bob")
    register_device(
        subscriber_id=str(bob.pk), kind="web_push", address=browser.endpoint, keys=browser.keys
    )

    tell()

    [device] = NotificationDevice.objects.all()
    assert (device.subscriber_id, made()[0][3]) == (bob.pk, "NO_ADDRESS")


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "ftp://push.example.net/1"},
        {"address": "https://user@push.example.net/1"},
        {"keys": None},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"keys": {"p256dh": "!", "auth": "!"}},
    ],
)
def test_what_is_no_subscription_is_refused(
    ada: Subscriber, service: Carrier, wrong: dict[str, Any]
) -> None:
    browser = Browser("https://push.example.net/1")
    usual = {"address": browser.endpoint, "keys": browser.keys}

    with pytest.raises(InvalidInputError):
        register_device(subscriber_id=str(ada.pk), kind="web_push", **(usual | wrong))
    assert not NotificationDevice.objects.exists()


def post(ada: Subscriber, browser: Browser, **more: str) -> Any:
    subscription = orjson.dumps({"endpoint": browser.endpoint, "keys": browser.keys}).decode()
    url = f"/notifications/api/inbox/devices/{inbox_token(ada)}"
    return Client().post(url, {"subscription": subscription, **more}, HTTP_USER_AGENT="Firefox")


def test_the_inbox_of_a_browser_subscribes_it_and_takes_it_back(
    ada: Subscriber, service: Carrier
) -> None:
    browser = Browser(f"{service.origin}/push/1")
    key = Client().get(f"/notifications/api/inbox/push/{inbox_token(ada)}").json()["publicKey"]

    for _ in range(2):
        assert post(ada, browser, key=key).json() == {"registered": True}
    [device] = NotificationDevice.objects.all()
    assert (device.label, device.public_key) == ("Firefox", key)
    assert post(ada, browser, key="another").status_code == 409
    assert post(person("bob"), browser, verb="forget").json() == {"forgotten": False}
    assert post(ada, browser, verb="forget").json() == {"forgotten": True}
    assert not NotificationDevice.objects.exists()


def test_only_its_own_token_subscribes(ada: Subscriber, service: Carrier) -> None:
    other = make_tenant()
    with in_tenant(other.pk):
        elsewhere = Subscriber(pk=ada.pk, tenant_id=other.pk)
        answer = post(elsewhere, Browser(f"{service.origin}/push/1"))

    assert answer.status_code == 404
    assert NotificationDevice.across_tenants.count() == 0


def test_without_a_provider_no_browser_is_asked() -> None:
    ada = person()

    answer = Client().get(f"/notifications/api/inbox/push/{inbox_token(ada)}")

    assert answer.json() == {"publicKey": None}
    assert post(ada, Browser("https://push.example.net/1")).status_code == 409


def test_the_service_worker_controls_no_page_and_asks_nobody() -> None:
    answer = Client().get("/notifications/push-worker.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in answer
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert b"showNotification" in answer.content
