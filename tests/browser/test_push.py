"""Pushes to a browser: offered in the inbox, registered with the platform, shown by the worker.

The push service of a browser is another's and not here: a test stands for `subscribe`, and tells
the worker what that service would.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from kernel.testing.embedded import Embedded
from tests.browser.test_inbox import ask
from tests.browser.visits import COLOURS, Visitor
from tests.notifications.carriers import Browser as Subscribed

pytestmark = pytest.mark.browser

STAND_IN = """(keys) => {
  let made = null;
  const bytes = (text) => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async (how) => (made = {
    options: { applicationServerKey: bytes(how.applicationServerKey).buffer },
    toJSON: () => ({ endpoint: "https://push.example.net/1", keys }),
    unsubscribe: async () => { made = null; return true; },
  });
}"""


@pytest.fixture
def page(browser: Browser, platform: Embedded) -> Iterator[Page]:
    """A page with an inbox that offers pushes, in a browser that may show them."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["notifications"], origin=platform.url)
    made = context.new_page()
    data = ask(
        made,
        platform,
        """mutation {
          a: createNotificationProvider(input: {name: "browsers", kind: WEB_PUSH}) {
            error { code } }
          c: createSubscriber(input: {key: "pushed"}) { subscriber { inboxToken } } }""",
    )
    made.goto(f"{platform.url}/sign-in/")
    made.evaluate(STAND_IN, Subscribed("").keys)
    made.add_script_tag(url="/static/notifications/inbox.js")
    made.evaluate(
        """(token) => { document.body.replaceChildren(
             Object.assign(document.createElement("main"), {id: "here"}));
           document.querySelector("#here").append(
             Object.assign(document.createElement("h1"), {textContent: "A page"}));
           const inbox = document.createElement("septet-inbox");
           inbox.setAttribute("token", token);
           inbox.setAttribute("push", "");
           document.querySelector("#here").append(inbox); }""",
        data["c"]["subscriber"]["inboxToken"],
    )
    yield made
    context.close()


def devices(page: Page, platform: Embedded) -> int:
    found = ask(page, platform, "{ notificationDevices(filter: {kind: WEB_PUSH}) { totalCount } }")
    return int(found["notificationDevices"]["totalCount"])


def test_a_browser_is_subscribed_shows_what_is_pushed_and_is_taken_back(
    page: Page, platform: Embedded, visitor: Visitor
) -> None:
    page.get_by_role("button", name="Inbox", exact=True).click()
    offer = page.get_by_role("button", name="Notify me")
    expect(offer).to_be_visible()
    assert visitor.judge(page) == []

    offer.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#push").get_by_text("This browser is notified.")).to_be_visible()
    assert devices(page, platform) == 1
    assert visitor.sideways(page) == 0
    page.emulate_media(color_scheme="dark")
    assert visitor.judge(page, *COLOURS) == []

    told = pushed(page, platform, {"id": "m-1", "title": "Invoice 7", "body": "<b>12.50</b>"})
    assert told == [["Invoice 7", "<b>12.50</b>", "m-1"]]

    page.get_by_role("button", name="Stop").click()
    expect(offer).to_be_visible()
    assert devices(page, platform) == 0


def pushed(page: Page, platform: Embedded, message: object) -> object:
    """Give the worker a push, and return what it shows."""
    found: list[str] = []
    devtools = page.context.new_cdp_session(page)
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(
            one["registrationId"]
            for one in event["registrations"]
            if one["scopeURL"].endswith("/notifications/")
        ),
    )
    devtools.send("ServiceWorker.enable")
    page.wait_for_function(
        """async () => (await navigator.serviceWorker.getRegistration("/notifications/"))?.active
           ?.state === "activated" """
    )
    assert found
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": platform.url,
            "registrationId": found[-1],
            "data": json.dumps(message),
        },
    )
    shown = page.wait_for_function(
        """async () => {
          const worker = await navigator.serviceWorker.getRegistration("/notifications/");
          const shown = await worker.getNotifications();
          return shown.length && shown.map((one) => [one.title, one.body, one.tag]); }"""
    )
    return shown.json_value()
