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
        """mutation($data: JSON!) { triggerNotificationWorkflow(input: {
          workflow: "greeting", subscribers: ["reader"], data: $data }) { error { message } } }""",
        data={"name": name},
    )


@pytest.fixture
def page(browser: Browser, platform: Embedded) -> Iterator[Page]:
    """A page with an inbox, of somebody who is there."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    made = context.new_page()
    data = ask(
        made,
        platform,
        """mutation($texts: JSON!, $steps: JSON!) {
          a: createNotificationTemplate(input: {name: "greeting", texts: $texts}) {
            error { code } }
          b: createNotificationWorkflow(input: {name: "greeting", steps: $steps}) {
            error { code } }
          c: createSubscriber(input: {key: "reader"}) { subscriber { inboxToken } } }""",
        texts=TEXTS,
        steps=STEPS,
    )
    made.goto(f"{platform.url}/sign-in/")
    made.add_script_tag(url="/static/notifications/inbox.js")
    made.evaluate(
        """(token) => { document.body.replaceChildren(
             Object.assign(document.createElement("main"), {id: "here"}));
           document.querySelector("#here").append(
             Object.assign(document.createElement("h1"), {textContent: "A page"}));
           const inbox = document.createElement("septet-inbox");
           inbox.setAttribute("token", token);
           document.querySelector("#here").append(inbox); }""",
        data["c"]["subscriber"]["inboxToken"],
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
