"""Schedules by hand and by keyboard: timeline, calendar, editor, runs, addresses."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Tab, Visitor

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
LIST = "/admin/scheduler/jobschedule/"


@pytest.fixture
def tab(visitor: Visitor) -> Iterator[Tab]:
    """A tab of an administrator, on a desk."""
    tab = visitor.tab(1280, staff=True)
    tab.page.context.set_default_timeout(PATIENCE_MS)
    yield tab
    tab.page.context.close()
    assert tab.complaints == []


@pytest.fixture
def page(tab: Tab) -> Page:
    return tab.page


def begin(page: Page) -> None:
    page.goto(f"{LIST}create/")
    page.locator("#id_tenant").select_option(index=1)


def test_the_runs_of_a_schedule_are_gone_through_by_the_arrows(page: Page) -> None:
    page.goto(f"{LIST}timeline/?zoom=week")
    lane = page.locator(".sched-lane:has(a)").first
    runs = lane.locator("a")

    reached = [one.get_attribute("tabindex") for one in runs.all()]
    told = runs.first.get_attribute("data-told")
    runs.last.focus()
    page.keyboard.press("Home")

    assert reached.count("0") == 1
    expect(runs.first).to_be_focused()
    assert told
    assert ", due " in told
    expect(page.locator("#sched-told")).to_have_text(told)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/scheduler/jobrun/[^/]+/change/$"))


def test_the_same_is_in_a_table_and_narrowed_by_a_form(page: Page) -> None:
    # A day on which all is to come, whenever this runs.
    page.goto(f"{LIST}timeline/?at=2099-06-10T12:00:00Z")
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table", name="Runs and times to come")).to_contain_text("to come")

    page.get_by_label("Name").fill("nightly")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.locator(".sched-row:not(.sched-axis)")).to_have_count(1)
    page.get_by_role("navigation", name="How much").get_by_text("Week").click()
    expect(page.locator(".sched-row:not(.sched-axis)")).to_have_count(1)
    expect(page.get_by_label("Name")).to_have_value("nightly")


def test_a_day_of_the_calendar_leads_to_its_timeline(page: Page) -> None:
    page.goto(f"{LIST}calendar/?zone=Europe/Amsterdam&at=2027-03-10")
    expect(page.locator(".sched-hours")).to_have_text("23 h")

    page.locator("td", has_text="23 h").get_by_role("link").click()

    expect(page.locator(".sched-head h2")).to_contain_text("Sunday, 28 March 2027")
    expect(page.locator(".sched-change")).to_contain_text("the day has 23 hours")


def test_what_an_expression_says_is_shown_as_it_is_written(page: Page) -> None:
    begin(page)
    said = page.get_by_role("region", name="What it says")
    page.get_by_label("Time zone").fill("Europe/Amsterdam")

    page.get_by_label("Cron").fill("0 24 * * *")
    expect(said).to_contain_text("24 is not within 0 to 23")
    page.get_by_label("Cron").fill("30 2 * * *")

    expect(said).to_contain_text("At 02:30")
    expect(said).to_contain_text("does not exist")
    expect(said.get_by_role("row")).to_have_count(11)


def test_each_kind_has_its_fields_and_says_when_it_would_be_due(page: Page) -> None:
    begin(page)
    said = page.get_by_role("region", name="What it says")
    kind = page.get_by_label("When it is due")
    cron, rule = page.get_by_label("Cron"), page.get_by_label("Rule")

    kind.select_option(label="Every so long")
    page.get_by_label("Every so many seconds").fill("900")
    expect(said).to_contain_text("Every 15 minutes")
    expect(said.get_by_role("row")).to_have_count(11)
    expect(cron).to_be_hidden()
    expect(rule).to_be_hidden()

    kind.select_option(label="Once")
    page.get_by_label("At", exact=True).fill("2099-06-01T12:00:00")
    expect(said).to_contain_text("2099-06-01 12:00:00 UTC")
    expect(said.get_by_role("row")).to_have_count(2)

    kind.select_option(label="By a rule (RRULE)")
    rule.fill("FREQ=DAILY;BYSECOND=1")
    expect(said).to_contain_text("'BYSECOND=1' is no part of a rule, at character 12")
    expect(rule).to_have_attribute("aria-invalid", "true")
    rule.fill("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0")
    expect(said.get_by_role("row")).to_have_count(11)
    expect(rule).not_to_have_attribute("aria-invalid", "true")


def test_what_most_leave_as_it_is_opens_and_changes_what_is_due(
    page: Page, visitor: Visitor
) -> None:
    begin(page)
    said = page.get_by_role("region", name="What it says")
    page.get_by_label("Cron").fill("0 6 * * *")
    expect(said).to_contain_text("Sat ")
    weekends = page.get_by_label("Not on weekends")
    expect(weekends).to_be_hidden()

    for part in page.locator("details.septet-part > summary").all():
        part.click()
    weekends.check()
    expect(said).not_to_contain_text("Sat ")
    expect(said.get_by_role("row")).to_have_count(11)
    page.get_by_label("Not on public holidays").check()
    expect(said).to_contain_text("name it, such as NL")
    page.get_by_label("Country", exact=True).fill("NL")
    expect(said.get_by_role("row")).to_have_count(11)

    assert visitor.judge(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.sideways(page) == 0


def test_what_follows_another_is_chosen_by_its_name(page: Page) -> None:
    begin(page)
    page.get_by_label("Name").fill("once the runways are there")
    page.get_by_label("When it is due").select_option(label="After another has succeeded")
    expect(page.get_by_label("Cron")).to_be_hidden()
    followed = page.get_by_label("After which schedule")

    followed.fill("runway")
    expect(page.locator("#sched-names option")).to_have_attribute("value", "nightly runway import")
    page.get_by_role("button", name="See what comes of it").click()
    expect(page.locator(".errors", has=followed)).to_contain_text("no schedule of this name")
    page.get_by_label("After which schedule").fill("nightly runway import")
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, make it").click()

    expect(page.locator("#result_list")).to_contain_text("once the runways are there")


def test_a_mutation_is_written_down_and_what_is_wrong_stands_at_its_field(page: Page) -> None:
    begin(page)
    page.get_by_label("Name").fill("each evening")
    page.get_by_label("Cron").fill("0 20 * * *")
    mutation = page.get_by_label("Mutation")
    expect(mutation).to_be_hidden()

    page.get_by_label("What is done").select_option(label="A service's data are changed (GraphQL)")
    page.get_by_label("Service").fill("scheduler")
    mutation.fill("mutation { nothing }")
    page.get_by_role("button", name="See what comes of it").click()
    expect(page.locator(".errors", has=page.get_by_label("Mutation"))).to_contain_text(
        "(line 1, column 12)"
    )
    page.get_by_label("Mutation").fill(
        'mutation { createJobSchedule(input: {name: "x", cron: "@daily"}) { jobSchedule { id } } }'
    )
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, make it").click()

    expect(page.locator("#result_list")).to_contain_text("each evening")


def test_a_chore_has_fields_for_what_it_takes(page: Page) -> None:
    begin(page)
    page.get_by_label("Name").fill("weekly export")
    page.get_by_label("Cron").fill("0 6 * * 1")
    page.get_by_label("What is done").select_option(label="A service does a chore")
    page.get_by_label("Chore").fill("importexport.run_export")
    page.get_by_label("Chore").press("Tab")

    page.get_by_label("Dataset").fill("files.files")
    page.get_by_label("Format").select_option("csv")
    page.get_by_label("Columns").fill("name\nsize_bytes")
    expect(page.get_by_label("Parameters")).to_have_value(
        '{\n  "dataset": "files.files",\n  "format": "csv",\n  "columns": [\n    "name",\n'
        '    "size_bytes"\n  ]\n}'
    )
    page.get_by_role("textbox", name="Filter").fill("{")
    expect(page.locator("#sched-of-filter-problem")).to_contain_text("no JSON")
    page.get_by_role("textbox", name="Filter").fill("")
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, make it").click()

    expect(page.locator("#result_list")).to_contain_text("weekly export")


def test_a_run_shows_what_it_tells_while_it_goes_on(page: Page) -> None:
    page.goto(LIST)
    page.locator("#result_list").get_by_role("link", name="backup of the tower").click()
    page.get_by_role("link", name="Run now").click()
    page.get_by_role("button", name="Yes, run").click()
    page.locator("#content a[href*='/jobrun/']").first.click()
    expect(page.get_by_role("status").filter(has_text="It goes on")).to_be_visible()

    page.get_by_role("link", name="Give up").click()
    page.get_by_role("button", name="Yes, give up").click()

    expect(page.locator("#content")).to_contain_text("terminated")
    expect(page.get_by_role("link", name="Run again")).to_be_visible()


def test_addresses_are_copied(tab: Tab) -> None:
    page = tab.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(LIST)
    page.locator("#result_list").get_by_role("link", name="backup of the tower").click()
    more = page.locator(".septet-more summary")
    more.focus()
    more.press("Enter")
    page.get_by_role("link", name="Addresses").click()

    page.get_by_role("button", name="Copy: The job has run").click()

    expect(page.get_by_text("Copied")).to_be_visible()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert "/scheduler/api/pings/" in copied
    assert page.evaluate("document.querySelector('img[alt^=How]').naturalWidth") > 100
