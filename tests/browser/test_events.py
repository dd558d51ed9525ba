"""Events by hand: dead letters by reason, a group that is paused, moved and given events again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.letters import write_letters
from tests.browser.visits import COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

GROUP = "/admin/events/consumergroup/audit.trail/"


@pytest.fixture
def page(visitor: Visitor, data_of_platform: Path) -> Iterator[Page]:
    """A page of an administrator, with dead letters to be seen."""
    write_letters(data_of_platform)
    page = visitor.tab(1280, staff=True).page
    yield page
    page.context.close()


def look(visitor: Visitor, page: Page) -> None:
    """Judge a page at each width and in each theme."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert visitor.sideways(page) == 0, f"{page.url} at {width} px"
        for theme in THEMES:
            page.evaluate(
                "theme => Alpine.$data(document.documentElement).switchTheme(theme)", theme
            )
            rules = [] if (width, theme) == (WIDTHS[0], THEMES[0]) else COLOURS
            assert visitor.judge(page, *rules) == [], f"{page.url} at {width} px, {theme}"
    page.set_viewport_size({"width": WIDTHS[0], "height": 844})


def test_all_dead_letters_of_a_reason_are_replayed_after_a_yes(
    visitor: Visitor, page: Page
) -> None:
    page.goto("/admin/events/redelivery/")
    look(visitor, page)
    reasons = page.get_by_role("region", name="Dead letters by reason")
    row = reasons.get_by_role("row", name="INVALID_INPUT")
    expect(row).to_contain_text("scheduler.schedule.changed.v1")

    row.get_by_role("link", name="2", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#content")).to_contain_text("Put right what the reason says")
    look(visitor, page)

    page.goto("/admin/events/redelivery/")
    row.get_by_role("link", name="Replay all").click()
    expect(page.locator("#content")).to_contain_text("Give 2 events to audit.trail once more?")
    look(visitor, page)
    page.get_by_role("button", name="Yes, replay them").click()

    expect(page.locator("#content")).to_contain_text("dead letters of the type scheduler")
    look(visitor, page)


def test_a_group_is_paused_moved_and_resumed_by_the_keyboard(visitor: Visitor, page: Page) -> None:
    page.goto(f"{GROUP}change/")
    look(visitor, page)

    for action, button in (("Pause", "Yes, do it"), ("Resume", "Yes, do it")):
        link = page.get_by_role("link", name=action, exact=True)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=button)).to_be_visible()
        if action == "Pause":
            look(visitor, page)
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{GROUP}change/")
        if action == "Pause":
            expect(page.locator("#content")).to_contain_text("by admin")
            page.get_by_role("link", name="Read on elsewhere").click()
            page.get_by_role("button", name="See what comes of it").click()
            expect(page.locator("#content")).to_contain_text("brought to it once more")
            look(visitor, page)
            page.get_by_text("No, take me back").click()
            page.goto(f"{GROUP}change/")

    expect(page.get_by_role("link", name="Pause", exact=True)).to_be_visible()


def test_events_of_a_time_are_counted_before_they_are_replayed(
    visitor: Visitor, page: Page
) -> None:
    page.goto(f"{GROUP}replay/")
    page.get_by_role("button", name="Count them").click()
    expect(page.get_by_role("alert")).to_have_text("Say from when, or from which offset on.")
    look(visitor, page)

    page.get_by_label("From (UTC)").fill("2026-01-01T00:00:00")
    page.get_by_label("Also those that it has handled").check()
    page.get_by_label("At most so many a second").fill("1000")
    page.get_by_role("button", name="Count them").click()
    expect(page.locator("#content")).to_contain_text("to audit.trail once more?")
    look(visitor, page)
    page.get_by_role("button", name="Yes, replay them").click()

    state = page.locator("#content")
    expect(state).to_contain_text("events from 2026-01-01 00:00:00 until")
    for _ in range(50):
        if "done" in state.inner_text():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(state).to_contain_text("done")
