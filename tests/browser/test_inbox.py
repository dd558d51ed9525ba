"""The inbox in a page: what comes is there at once, is read and put away, by keyboard as well."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kernel.testing.embedded import Embedded
from tests.browser.visits import COLOURS, Visitor

pytestmark = pytest.mark.browser

STEPS = [{"do": "send", "channel": "in_app", "template": "greeting"}]
TEXTS = {"in_app": {"en": {"subject": "Hello {{ data.name }}", "body": "<b>Not HTML</b>"}}}


def ask(page: Page, platform: Embedded, document: str, **variables: Any) -> Any:
    answer = page.request.post(
        f"{platform.url}/graphql",
        data=json.dumps({"query": document, "variables": variables}),
        headers={
            "Authorization": f"Bearer {platform.key}",
            "Content-Type": "application/json",
        },
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


def tell(page: Page, platform: Embedded, name: str) -> None:
    ask(
        page,
        platform,
        """mutation($reader: String!, $data: JSON!) { triggerNotificationWorkflow(input: {
          workflow: "greeting", subscribers: [$reader], data: $data }) { error { message } } }""",
        reader=page.locator("septet-inbox").get_attribute("data-reader"),
        data={"name": name},
    )


@pytest.fixture
def page(browser: Browser, platform: Embedded, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page with an inbox, of somebody whom nothing was told yet."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    made = context.new_page()
    data = ask(
        made,
        platform,
        """mutation($reader: String!, $texts: JSON!, $steps: JSON!) {
          a: createNotificationTemplate(input: {name: "greeting", texts: $texts}) {
            error { code } }
          b: createNotificationWorkflow(input: {name: "greeting", steps: $steps}) {
            error { code } }
          c: createSubscriber(input: {key: $reader}) { subscriber { inboxToken } } }""",
        reader=request.node.name,
        texts=TEXTS,
        steps=STEPS,
    )
    made.goto(f"{platform.url}/sign-in/")
    made.add_script_tag(url="/static/notifications/inbox.js")
    made.evaluate(
        """([reader, token]) => { document.body.replaceChildren(
             Object.assign(document.createElement("main"), {id: "here"}));
           document.querySelector("#here").append(
             Object.assign(document.createElement("h1"), {textContent: "A page"}));
           const inbox = document.createElement("septet-inbox");
           inbox.dataset.reader = reader;
           inbox.setAttribute("token", token);
           document.querySelector("#here").append(inbox); }""",
        [request.node.name, data["c"]["subscriber"]["inboxToken"]],
    )
    yield made
    context.close()


def test_what_comes_is_there_and_is_read_and_put_away(
    page: Page, platform: Embedded, visitor: Visitor
) -> None:
    button = page.get_by_role("button", name="Inbox", exact=True)
    expect(button).to_be_visible()
    tell(page, platform, "Ada")
    # By the stream of events: nobody has loaded anything anew.
    expect(page.get_by_role("button", name="Inbox 1 unread")).to_be_visible()
    tell(page, platform, "Bob")
    two = page.get_by_role("button", name="Inbox 2 unread")
    expect(two).to_be_visible()

    two.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=3)).to_have_text(["Hello Bob", "Hello Ada"])
    expect(page.get_by_text("<b>Not HTML</b>")).to_have_count(2)
    assert visitor.judge(page) == []
    assert visitor.sideways(page) == 0
    box = page.locator("#panel").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.emulate_media(color_scheme="dark")
    assert visitor.judge(page, *COLOURS) == []

    page.get_by_role("button", name="Mark read: Hello Ada").click()
    expect(page.get_by_role("button", name="Inbox 1 unread")).to_be_visible()
    page.get_by_role("button", name="Archive: Hello Bob").click()
    expect(page.get_by_role("heading", level=3)).to_have_text(["Hello Ada"])
    expect(button).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=3)).to_be_hidden()


def test_the_keyboard_goes_on_in_the_list_and_a_click_beside_it_closes_it(
    page: Page, platform: Embedded
) -> None:
    for name in ("One", "Two"):
        tell(page, platform, name)
    expect(page.get_by_role("button", name="unread")).to_be_visible()
    page.get_by_role("button", name="Inbox").click()
    two = page.get_by_role("button", name="Archive: Hello Two")
    two.focus()
    page.keyboard.press("Enter")

    expect(two).to_have_count(0)
    focused = "document.querySelector('septet-inbox').shadowRoot.activeElement.textContent"
    assert page.evaluate(focused) in {"Mark read", "Mark unread"}
    page.get_by_role("tab", name="Inbox").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Archive")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Inbox")).to_be_focused()
    page.get_by_role("heading", name="A page").click()
    expect(page.get_by_role("tab", name="Inbox")).to_be_hidden()


def test_a_stream_that_was_refused_is_replaced_by_asking_and_opened_again(
    page: Page, platform: Embedded
) -> None:
    """A browser opens no stream again that was answered with 502, as by a proxy meanwhile."""
    token = page.locator("septet-inbox").get_attribute("token")
    page.clock.install()
    page.route("**/inbox/events/**", lambda route: route.fulfill(status=502))
    page.evaluate(
        "(token) => document.querySelector('septet-inbox').setAttribute('token', token)", token
    )
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Inbox").click()
    tell(page, platform, "Grace")
    grace = page.get_by_role("heading", name="Hello Grace")
    # It is there when the platform has said it; until then nothing is there to be found.
    for _ in range(60):
        page.clock.run_for(31_000)
        page.wait_for_timeout(500)
        if grace.count():
            break
    expect(grace).to_be_visible()

    page.unroute("**/inbox/events/**")
    with page.expect_response("**/inbox/events/**"):
        page.clock.run_for(31_000)
    tell(page, platform, "Hedy")
    expect(page.get_by_role("heading", name="Hello Hedy")).to_be_visible()


def test_what_cannot_be_kept_or_read_is_said_where_it_is_seen(
    page: Page, platform: Embedded
) -> None:
    tell(page, platform, "Ida")
    expect(page.get_by_role("button", name="unread")).to_be_visible()
    page.get_by_role("button", name="Inbox").click()
    page.route("**/inbox/marks/**", lambda route: route.abort())
    page.get_by_role("button", name="Mark read: Hello Ida").first.click()
    expect(page.get_by_text("That was not kept.").first).to_be_visible()
    page.unroute("**/inbox/marks/**")
    page.get_by_role("button", name="Mark read: Hello Ida").first.click()
    expect(page.locator("#trouble")).to_be_hidden()

    page.evaluate("document.querySelector('septet-inbox').setAttribute('token', 'gone')")
    expect(page.get_by_text("This inbox is closed by now.").first).to_be_visible()


def test_one_s_own_inbox_is_in_the_portal(visitor: Visitor, platform: Embedded) -> None:
    page = visitor.tab(390, staff=True).page
    page.goto("/notifications/inbox/")
    page.get_by_role("button", name="Open my inbox").click()
    expect(page.get_by_role("heading", name="Messages")).to_be_visible()
    assert visitor.judge(page) == []
    assert visitor.sideways(page) == 0
    # It takes the portal's theme, and a click elsewhere does not close what has no button.
    page.get_by_role("button", name="Change between light and dark").click()
    expect(page.get_by_role("tab", name="Inbox")).to_be_visible()
    assert visitor.judge(page, *COLOURS) == []
    panel = page.locator("#panel")
    ground = panel.evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(20, 23, 31)"
