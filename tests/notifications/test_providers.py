"""What every provider promises, on the answers of its documentation; and what each is sent."""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import LazySettings

from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.adapters.providers import (
    apprise,
    esp,
    fcm,
    provider,
    slack,
    telegram,
    twilio,
    vonage,
)
from apps.notifications.adapters.providers.sealing import new_key
from apps.notifications.domain.devices import Target, target_of
from apps.notifications.errors import (
    AddressGoneError,
    DeliveryFailedError,
    DeliveryRefusedError,
)
from tests.notifications import answers
from tests.notifications.answers import Said
from tests.notifications.carriers import Browser, Carrier, carrier, service_account

SID = "AC" + "a" * 32
#: These are not cut.
MAILS = {"mailgun", "postmark"}
PUSH_KEY, _ = new_key()
ACCOUNT = service_account()


@dataclass(frozen=True)
class Sort:
    """A provider, what it is told, and whom it reaches."""

    kind: str
    said: dict[str, Said]
    settings: dict[str, str]
    secret: str
    address: Callable[[str], str]
    #: The seconds that it asks to be left alone for, in its answer "later".
    later: int | None
    receipt: str


SORTS = {
    "mailgun": Sort(
        "mailgun",
        answers.MAILGUN,
        {"domain": "example.org", "from": "news@example.org"},
        "key-1 signing-key",
        lambda _: "eve@example.com",
        12,
        "<20160306015544.116301.25145@example.org>",
    ),
    "postmark": Sort(
        "postmark",
        answers.POSTMARK,
        {"from": "news@example.org"},
        "token",
        lambda _: "eve@example.com",
        None,
        "0a129aee-e1cd-480d-b08d-4f48548ff48d",
    ),
    "twilio": Sort(
        "twilio",
        answers.TWILIO,
        {"account_sid": SID, "from": "+15550001111"},
        "token",
        lambda _: "+15558675310",
        3,
        "SM" + "b" * 32,
    ),
    "vonage": Sort(
        "vonage",
        answers.VONAGE,
        {"api_key": "abcd1234", "from": "Septet"},
        "secret",
        lambda _: "+447700900000",
        None,
        "0C000000217B7F02",
    ),
    "slack": Sort(
        "slack", answers.SLACK, {}, "xoxb-1", lambda _: "C123456", 30, "1503435956.000247"
    ),
    "slack webhook": Sort(
        "slack",
        answers.SLACK_WEBHOOK,
        {},
        "",
        lambda origin: f"{origin}/services/T0/B0/X",
        None,
        "",
    ),
    "teams": Sort("teams", answers.TEAMS, {}, "", lambda origin: f"{origin}/workflows/1", 10, ""),
    "discord": Sort(
        "discord",
        answers.DISCORD,
        {},
        "",
        lambda origin: f"{origin}/api/webhooks/1/x",
        65,
        "1012148404283314236",
    ),
    "telegram": Sort("telegram", answers.TELEGRAM, {}, "1:AAAA", lambda _: "7", 5, "42"),
    "pushover": Sort(
        "apprise",
        answers.PUSHOVER,
        {},
        "",
        lambda _: f"pover://{'u' * 30}@{'a' * 30}",
        None,
        "",
    ),
    "pushbullet": Sort("apprise", answers.PUSHBULLET, {}, "", lambda _: "pbul://o.token", None, ""),
    "pagerduty": Sort(
        "apprise",
        answers.PAGERDUTY,
        {},
        "",
        lambda _: f"pagerduty://{'k' * 32}@{'a' * 20}/source/part",
        None,
        "",
    ),
    "line": Sort(
        "apprise", answers.LINE, {}, "", lambda _: f"line://{'t' * 40}/{'U' + 'a' * 32}", None, ""
    ),
    "fcm": Sort(
        "fcm",
        answers.FCM,
        {},
        ACCOUNT,
        lambda _: "token-of-a-device-123",
        60,
        "projects/demo-1/messages/0:1500415314455276%31bd1c9631bd1c96",
    ),
    "web push": Sort(
        "web_push",
        answers.WEB_PUSH,
        {"public_key": ""},
        PUSH_KEY,
        lambda origin: f"{origin}/push/1",
        120,
        "https://push.example.net/message/qDIYHNcfAIPP_5ITvURr",
    ),
}


APPRISE_URLS = {
    "pushover.NotifyPushover.notify_url": "/1/messages.json",
    "pushbullet.NotifyPushBullet.notify_url": "/v2/{}",
    "line.NotifyLine.notify_url": "/v2/bot/message/push",
}


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[Carrier]:
    """A provider that stands for all of them."""
    with carrier() as made:
        settings.OUTBOUND_ALLOWED = (made.origin.removeprefix("http://"),)
        for module in (twilio, vonage, slack, telegram, fcm):
            monkeypatch.setattr(module, "HOST", made.origin)
        for service in (esp.Mailgun, esp.Postmark):
            monkeypatch.setattr(service, "url", f"{made.origin}/{service.__name__}")
        for scheme, known in apprise.SERVICES.items():
            monkeypatch.setitem(apprise.SERVICES, scheme, replace(known, origin=made.origin))
        for plugin, url in APPRISE_URLS.items():
            monkeypatch.setattr(f"apprise.plugins.{plugin}", f"{made.origin}{url}")
        regions = "apprise.plugins.pagerduty.PAGERDUTY_API_LOOKUP"
        monkeypatch.setattr(regions, defaultdict(lambda: f"{made.origin}/v2/enqueue"))
        monkeypatch.setattr(fcm, "TOKENS", f"{made.origin}/token")
        monkeypatch.setattr(fcm, "_tokens", fcm._Tokens())
        made.by_path["/token"] = answers.FCM_TOKEN
        yield made


@pytest.fixture(params=SORTS)
def sort(request: pytest.FixtureRequest) -> Sort:
    return SORTS[request.param]


def message(sort: Sort, there: Carrier, **told: Any) -> OutMessage:
    address = sort.address(there.origin)
    keys = Browser(address).keys if sort.kind == "web_push" else {}
    usual: dict[str, Any] = {
        "id": "01900000-0000-7000-8000-000000000001",
        "tenant": "t",
        "address": address,
        "subject": "Hello",
        "text": "Some text",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "target": Target(address, **keys),
    }
    return OutMessage(**(usual | told))


def send(sort: Sort, there: Carrier, how: str, **told: Any) -> str:
    there.usual = sort.said[how]
    carries = provider(sort.kind, sort.settings, lambda: sort.secret)
    return carries.send(message(sort, there, **told))


def test_what_is_taken_is_known_by_an_id(sort: Sort, there: Carrier) -> None:
    assert send(sort, there, "taken") == sort.receipt


def test_what_is_for_later_says_so_and_when(sort: Sort, there: Carrier) -> None:
    with pytest.raises(DeliveryFailedError) as later:
        send(sort, there, "later")

    assert later.value.told_seconds == sort.later
    assert send(sort, there, "taken") == sort.receipt


def test_what_is_refused_says_so_for_good(sort: Sort, there: Carrier) -> None:
    with pytest.raises(DeliveryRefusedError) as refused:
        send(sort, there, "refused")

    assert not isinstance(refused.value, AddressGoneError)
    assert not refused.value.retryable


def test_credentials_that_are_not_taken_are_no_fault_of_the_message(
    sort: Sort, there: Carrier
) -> None:
    if "credentials" in sort.said:
        with pytest.raises(DeliveryFailedError):
            send(sort, there, "credentials")


def test_where_nobody_is_any_more_that_is_told(sort: Sort, there: Carrier) -> None:
    if "gone" in sort.said:
        with pytest.raises(AddressGoneError):
            send(sort, there, "gone")


@pytest.mark.parametrize("said", [Said(500, "<html>"), Said(502), Said(0)], ids=["500", "502", "-"])
def test_what_breaks_is_tried_again(sort: Sort, there: Carrier, said: Said) -> None:
    there.usual = said
    carries = provider(sort.kind, sort.settings, lambda: sort.secret)

    with pytest.raises(DeliveryFailedError):
        carries.send(message(sort, there))


def test_nobody_is_called_inside_our_networks(
    sort: Sort, there: Carrier, settings: LazySettings
) -> None:
    settings.OUTBOUND_ALLOWED = ()
    if sort.kind in MAILS:
        # Its host is fixed, and no tenant says another.
        return

    with pytest.raises((DeliveryRefusedError, DeliveryFailedError)):
        send(sort, there, "taken")
    assert there.heard == []


def test_a_long_message_is_cut_to_what_each_takes(sort: Sort, there: Carrier) -> None:
    send(sort, there, "taken", subject="ü" * 500, text="ü" * 100_000)

    if sort.kind in MAILS:
        return
    assert len(there.heard[-1].body) < 64_000


def test_what_mailgun_is_sent(there: Carrier) -> None:
    file = Attachment(name="a.pdf", content_type="application/pdf", content=b"%PDF")
    send(
        SORTS["mailgun"],
        there,
        "taken",
        html="<p>Some text</p>",
        attachments=(file,),
        unsubscribe_url="https://septet.example.com/u",
    )

    [heard] = there.heard
    assert heard.path == "/Mailgun/example.org/messages"
    assert base64.b64decode(heard.headers["Authorization"].split()[1]) == b"api:key-1"
    for part in (b"%PDF", b"news@example.org", b"One-Click", b"v:septet", b"<p>Some text</p>"):
        assert part in heard.body
    assert b"signing-key" not in heard.body


def test_what_postmark_is_sent(there: Carrier) -> None:
    send(SORTS["postmark"], there, "taken", html="<p>Some text</p>")

    [heard] = there.heard
    assert heard.path == "/Postmark/email"
    assert heard.headers["X-Postmark-Server-Token"] == "token"
    told = heard.json
    assert (told["To"], told["From"]) == ("eve@example.com", "news@example.org")
    assert (told["TextBody"], told["HtmlBody"]) == ("Some text", "<p>Some text</p>")
    assert told["Metadata"] == {"septet": "01900000-0000-7000-8000-000000000001"}


def test_what_twilio_is_sent(there: Carrier) -> None:
    send(SORTS["twilio"], there, "taken", callback_url="https://septet.example.com/c")

    [heard] = there.heard
    assert heard.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert heard.form == {
        "To": "+15558675310",
        "From": "+15550001111",
        "Body": "Some text",
        "StatusCallback": "https://septet.example.com/c",
    }
    assert base64.b64decode(heard.headers["Authorization"].split()[1]) == f"{SID}:token".encode()


def test_what_vonage_is_sent(there: Carrier) -> None:
    send(SORTS["vonage"], there, "taken", text="Grüße")

    [heard] = there.heard
    assert heard.path == "/sms/json"
    assert heard.form == {
        "api_key": "abcd1234",
        "api_secret": "secret",
        "from": "Septet",
        "to": "447700900000",
        "text": "Grüße",
        "type": "unicode",
    }


@pytest.mark.parametrize("name", ["slack", "slack webhook"])
def test_what_slack_is_sent_calls_nobody(there: Carrier, name: str) -> None:
    send(SORTS[name], there, "taken", text="<!channel> & <https://x|y>")

    assert there.heard[-1].json["text"] == ("Hello\n\n&lt;!channel&gt; &amp; &lt;https://x|y&gt;")


def test_what_discord_is_sent_calls_nobody(there: Carrier) -> None:
    send(SORTS["discord"], there, "taken", text="@everyone **bold**")

    assert there.heard[-1].json == {
        "content": "Hello\n\n@everyone \\*\\*bold\\*\\*",
        "allowed_mentions": {"parse": []},
    }
    assert there.heard[-1].path.endswith("?wait=true")


def test_what_teams_is_sent_is_text_and_no_markdown(there: Carrier) -> None:
    send(SORTS["teams"], there, "taken", text="[x](https://x)")

    [attachment] = there.heard[-1].json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    kinds = {one["type"] for one in attachment["content"]["body"]}
    texts = [one["inlines"][0]["text"] for one in attachment["content"]["body"]]
    assert (kinds, texts) == ({"RichTextBlock"}, ["Hello", "[x](https://x)"])


def test_what_telegram_is_sent_is_plain(there: Carrier) -> None:
    send(SORTS["telegram"], there, "taken")

    [heard] = there.heard
    assert heard.path == "/bot1:AAAA/sendMessage"
    assert heard.json["text"] == "Hello\n\nSome text"
    assert "parse_mode" not in heard.json


def test_google_is_asked_for_a_token_once_and_anew_after_it_was_refused(there: Carrier) -> None:
    for _ in range(2):
        send(SORTS["fcm"], there, "taken", urgent=True, seconds_left=60)
    with pytest.raises(DeliveryFailedError):
        send(SORTS["fcm"], there, "credentials")
    send(SORTS["fcm"], there, "taken")

    paths = [one.path for one in there.heard]
    there_ = "/v1/projects/demo-1/messages:send"
    assert paths == ["/token", there_, there_, there_, "/token", there_]
    assertion = there.heard[0].form["assertion"]
    account = fcm.account_of(ACCOUNT)
    public = load_pem_private_key(account["private_key"].encode(), None).public_key()
    told = jwt.decode(assertion, public, algorithms=["RS256"], audience=fcm.TOKENS)  # type: ignore[arg-type]  # any public key
    assert told["iss"] == account["client_email"]
    sent = there.heard[1]
    assert sent.headers["Authorization"] == "Bearer ya29.c.token"
    assert sent.json["message"]["android"] == {"priority": "HIGH", "ttl": "60s"}


@pytest.mark.parametrize("key", ["", "{}", '{"project_id": "../x", "client_email": "a"}'])
def test_a_key_that_is_none_is_no_crash(there: Carrier, key: str) -> None:
    carries = provider("fcm", {}, lambda: key)

    with pytest.raises(DeliveryFailedError):
        carries.send(message(SORTS["fcm"], there))
    assert there.heard == []


def test_a_plugin_of_apprise_says_what_is_said_and_calls_nobody_else(
    there: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(SORTS["pushover"], there, "taken")
    send(SORTS["line"], there, "taken")
    pushed, lined = there.heard
    assert (pushed.path, pushed.form["title"], pushed.form["message"]) == (
        "/1/messages.json",
        "Hello",
        "Some text",
    )
    assert lined.headers["Authorization"].startswith("Bearer t")
    assert "Some text" in str(lined.json)

    elsewhere = "apprise.plugins.pushover.NotifyPushover.notify_url"
    monkeypatch.setattr(elsewhere, f"{there.origin}.example.net/")
    with pytest.raises(DeliveryRefusedError, match="calls another host than its own"):
        send(SORTS["pushover"], there, "taken")
    assert len(there.heard) == 2


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1/",
        "pover://user@token?verify=no",
        "discord://1/2?template=/etc/passwd",
        "pover://user@token\nx",
        "file:///etc/passwd",
    ],
)
def test_an_address_of_apprise_names_a_known_service_and_no_more(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        target_of("apprise", address)
