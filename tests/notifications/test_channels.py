"""What every channel promises: taken, later, or never; and how webhooks are signed."""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, Protocol

import pytest
from django.conf import LazySettings

from apps.notifications.adapters.channels import channel
from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.domain.webhooks import is_secret, new_secret, signed
from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError, NoChannelError
from apps.notifications.models import Subscriber
from apps.notifications.services.subscribers import rotate_webhook_secret
from apps.notifications.services.triggering import trigger
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock, made, person, send, workflow
from tests.notifications.sinks import Sink

SECRET = new_secret(bytes(range(32)))


class World(Protocol):
    """The other side of a channel, which a test tells what to answer."""

    name: str
    address: str

    def answer(self, how: str) -> None:
        """Let the next message be taken, be for later, or be refused."""

    def taken(self) -> list[str]:
        """Return the ids of the messages that were taken."""


@dataclass
class ByMail:
    """A mail server."""

    sink: Sink
    name: str = "email"
    address: str = "ada@example.com"

    def answer(self, how: str) -> None:
        self.sink.answers = {"taken": [], "later": [b"451 busy"], "refused": [b"554 no"]}[how]

    def taken(self) -> list[str]:
        return [one.split("@")[0].strip("<") for one in self.sink.ids]


@dataclass
class ByWebhook:
    """Somebody who hears webhooks."""

    address: str
    heard: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    name: str = "webhook"

    def answer(self, how: str) -> None:
        self.status = {"taken": 204, "later": 503, "refused": 400}[how]

    def taken(self) -> list[str]:
        return [headers["Webhook-Id"] for headers, _ in self.heard]


@contextmanager
def hearing() -> Iterator[ByWebhook]:
    """Listen for webhooks until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if 200 <= heard_by.status < 300:
                heard_by.heard.append((dict(self.headers.items()), body))
            self.send_response(heard_by.status)
            for name, value in heard_by.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    heard_by = ByWebhook(f"http://127.0.0.1:{server.server_port}/in")
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield heard_by
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def by_webhook(settings: LazySettings) -> Iterator[ByWebhook]:
    with hearing() as world:
        settings.OUTBOUND_ALLOWED = (world.address.split("/")[2],)
        yield world


@pytest.fixture(params=["email", "webhook"])
def world(request: pytest.FixtureRequest, sink: Sink, by_webhook: ByWebhook) -> World:
    return ByMail(sink) if request.param == "email" else by_webhook


def message(world: World, **told: Any) -> OutMessage:
    usual: dict[str, Any] = {
        "id": "m-1",
        "tenant": "t",
        "address": world.address,
        "subject": "Hello",
        "text": "Text",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "secrets": lambda: (SECRET,),
    }
    return OutMessage(**(usual | told))


def test_what_is_taken_arrives_with_the_id_that_it_has(world: World) -> None:
    for id_ in ("m-1", "m-2"):
        channel(world.name).send(message(world, id=id_))

    assert world.taken() == ["m-1", "m-2"]


def test_what_is_for_later_says_so_and_the_next_is_taken(world: World) -> None:
    world.answer("later")
    with pytest.raises(DeliveryFailedError):
        channel(world.name).send(message(world))
    world.answer("taken")
    channel(world.name).send(message(world))

    assert world.taken() == ["m-1"]


def test_what_is_refused_says_so_and_the_next_is_taken(world: World) -> None:
    world.answer("refused")
    with pytest.raises(DeliveryRefusedError):
        channel(world.name).send(message(world))
    world.answer("taken")
    channel(world.name).send(message(world))

    assert world.taken() == ["m-1"]


def test_a_channel_that_is_not_there_says_so() -> None:
    with pytest.raises(NoChannelError, match="nothing delivers over sms here"):
        channel("sms")


def test_a_mail_carries_its_files(sink: Sink) -> None:
    file = Attachment(name="a.pdf", content_type="application/pdf", content=b"%PDF")
    channel("email").send(message(ByMail(sink), html="<p>Text</p>", attachments=(file,)))

    [(_, mail)] = sink.messages
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_a_signature_is_that_of_the_specifications_example() -> None:
    """The example of Standard Webhooks' reference libraries."""
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, tz=UTC),
        b'{"test": 2432232314}',
    )

    assert headers["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["Webhook-Timestamp"] == "1614265330"


@pytest.mark.parametrize(
    ("secret", "good"), [(SECRET, True), ("whsec_", False), ("abc", False), ("whsec_!!", False)]
)
def test_a_secret_is_one_that_libraries_take(secret: str, good: bool) -> None:
    assert is_secret(secret) is good


@pytest.mark.parametrize(
    ("status", "later"), [(429, True), (500, True), (410, False), (302, False)]
)
def test_a_webhook_is_judged_by_its_answer(by_webhook: ByWebhook, status: int, later: bool) -> None:
    by_webhook.status, by_webhook.headers = status, {"Retry-After": "7"}

    with pytest.raises(DeliveryFailedError if later else DeliveryRefusedError) as refused:
        channel("webhook").send(message(by_webhook))

    if isinstance(refused.value, DeliveryFailedError):
        assert refused.value.told_seconds == 7


def test_a_webhook_does_not_reach_into_our_network(by_webhook: ByWebhook, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ()

    with pytest.raises(DeliveryRefusedError):
        channel("webhook").send(message(by_webhook))
    assert by_webhook.heard == []


def by(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"


@pytest.mark.usefixtures("tenant")
def test_while_secrets_change_both_sign_and_then_the_new_one(
    by_webhook: ByWebhook, moved: StandingClock
) -> None:
    ada = person(webhook_url=by_webhook.address)
    _, first = rotate_webhook_secret(id=str(ada.pk))
    workflow(send("webhook"), category="news")

    def sent() -> tuple[list[str], Mapping[str, str], bytes]:
        trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
        drain()
        headers, body = by_webhook.heard[-1]
        return headers["Webhook-Signature"].split(), headers, body

    _, second = rotate_webhook_secret(id=str(ada.pk))
    both, headers, body = sent()
    moved.by(days=1)
    one, later_headers, later_body = sent()

    assert both == [by(second, headers, body), by(first, headers, body)]
    assert one == [by(second, later_headers, later_body)]
    assert json.loads(body)["data"]["subject"] == "About X"
    assert {state for _, _, state, _ in made()} == {"sent"}
    assert "whsec_" not in repr(Subscriber.objects.values_list("webhook_secret"))
