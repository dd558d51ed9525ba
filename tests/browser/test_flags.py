"""The editor of flags by hand and by keyboard: rules, JSON, who gets what, and publishing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kernel.testing.embedded import Embedded
from tests.browser.visits import CHOOSE, THEMES, WIDTHS, Tab, Visitor

pytestmark = pytest.mark.browser

#: Publishing compiles, writes and leads to another page.
PATIENCE_MS = 30_000


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
    """The editor of the demo's search, in production."""
    open_editor(tab.page, "new-search")
    return tab.page


def open_editor(page: Page, key: str, environment: str = "production") -> None:
    page.goto("/admin/config/featureflag/")
    row = page.locator("#result_list tbody tr", has_text=key)
    row.locator(f"a[href*='/in/{environment}/']").first.click()
    expect(page.get_by_role("heading", name="What it does")).to_be_visible()
    checked(page)


def checked(page: Page) -> None:
    findings = page.get_by_role("region", name="Findings")
    expect(findings).to_contain_text("nothing is wrong", timeout=PATIENCE_MS)


def publish(page: Page, environment: str) -> None:
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("body")).to_contain_text(f"is live in {environment}", timeout=PATIENCE_MS)


def definition(page: Page) -> Any:
    return json.loads(page.get_by_role("textbox", name="JSON", exact=True).input_value())


def value_of(page: Page, platform: Embedded, key: str, **context: str) -> Any:
    """Ask for a flag as programs do."""
    answer = page.context.request.post(
        f"/ofrep/v1/evaluate/flags/{key}",
        data={"context": context},
        headers={"Authorization": f"Bearer {platform.key}"},
    )
    return answer.json().get("value")


def test_a_rule_is_made_in_the_builder_published_and_programs_get_it(
    page: Page, platform: Embedded
) -> None:
    gold = {"targetingKey": "zoe", "plan": "gold"}
    page.get_by_label("rule 1: outcome").select_option(label="off")
    before = value_of(page, platform, "new-search", targetingKey="ann")

    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Add a condition to rule 2").click()
    page.get_by_label("rule 2, condition 1: attribute").fill("plan")
    page.get_by_label("rule 2, condition 1: operator").select_option(label="is one of")
    page.get_by_label("rule 2, condition 1: value").fill("gold\nsilver")
    page.get_by_role("button", name="Move rule 2 up").press("Enter")
    checked(page)
    targeting = definition(page)["targeting"]["if"]
    assert targeting[:4] == [
        {"in": [{"var": "plan"}, ["gold", "silver"]]},
        "on",
        {"septet.segment": "beta"},
        "off",
    ]
    page.get_by_label("Reason").fill("For those who pay")
    publish(page, "production")

    expect(page.locator("#content")).to_contain_text("For those who pay")
    assert before is True
    assert value_of(page, platform, "new-search", targetingKey="ann") is False
    assert value_of(page, platform, "new-search", **gold) is True


def test_json_is_shown_as_rules_and_what_has_no_words_is_kept(page: Page) -> None:
    source = page.get_by_role("textbox", name="JSON", exact=True)
    custom = '{"some": [{"var": "roles"}, {"==": [{"var": ""}, 1.0]}]}'
    source.fill(
        '{"state": "ENABLED", "variants": {"2": true, "1": false}, "defaultVariant": "1",'
        f' "targeting": {{"if": [{{"and": [{custom}, {{"var": "x"}}]}}, "2"]}}, "more": 1.50}}'
    )

    expect(page.locator(".config-condition", has_text="custom rule")).to_have_count(2)
    page.get_by_label("rule 1: outcome").select_option(label="1")

    written = source.input_value()
    assert custom in written
    assert '"more": 1.50' in written
    assert written.index('"2": true') < written.index('"1": false')
    assert definition(page)["targeting"]["if"][1] == "1"
    source.fill('{"state": ')
    expect(page.locator("#config-json-problem")).to_contain_text("line 1")
    expect(page.locator("#config-builder")).to_contain_text("to be mended first")


def test_what_is_wrong_is_told_and_leads_to_its_place(page: Page) -> None:
    page.get_by_role("button", name="Add a condition to rule 1").click()
    page.get_by_label("rule 1, condition 2: operator").select_option(label="matches the pattern")
    page.get_by_label("rule 1, condition 2: attribute").fill("host")
    page.get_by_label("rule 1, condition 2: value").fill("(")

    findings = page.get_by_role("region", name="Findings")
    expect(findings).to_contain_text("error")
    findings.get_by_role("button", name="rule 1, condition 2").click()
    expect(page.get_by_label("rule 1, condition 2: attribute")).to_be_focused()


def test_the_tester_says_who_gets_what_of_a_draft_and_why(page: Page) -> None:
    tester = page.get_by_role("region", name="Who gets what")
    expect(tester.locator(".config-facts")).to_contain_text("TARGETING_MATCH")
    tester.get_by_label("Value of attribute 1").fill("somebody")
    expect(tester.locator(".config-steps")).to_contain_text("bucket")
    page.get_by_label("everybody else, share 1: weight").fill("0")
    expect(tester.locator(".config-facts")).to_contain_text("off")

    tester.get_by_text("Who gets what, of many").click()
    tester.get_by_role("button", name="Make 100 of the context above").click()

    expect(tester.get_by_role("row", name="off 100 100 %")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_label("Value of attribute 1")).to_have_value("somebody")


def test_a_new_flag_is_begun_with_numbers_that_stay_as_they_are_written(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/config/featureflag/create/")
    page.get_by_label("Tenant").select_option(label="demo")
    page.get_by_label("Key").fill("limit")
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, add it").click()
    row = page.locator("#result_list tbody tr", has_text="limit")
    row.locator("a[href*='/in/staging/']").first.click()

    page.get_by_label("Its values are").select_option(label="Number")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Variant 1: value").fill("1.0")
    page.get_by_role("button", name="Add a variant").click()
    page.get_by_label("Variant 3: name").fill("most")
    page.get_by_label("Variant 3: value").fill("1e3")
    page.get_by_label("Default variant").select_option(label="most")
    checked(page)
    publish(page, "staging")

    written = page.get_by_role("textbox", name="JSON", exact=True).input_value()
    assert '"few": 1.0' in written
    assert '"most": 1e3' in written
    assert definition(page)["bucketing"] == "flagd-v3"
    assert definition(page)["defaultVariant"] == "most"


def test_who_was_slower_sees_what_changed_and_takes_both(page: Page, tab: Tab) -> None:
    other = page.context.new_page()
    open_editor(other, "dark-mode", "staging")
    open_editor(page, "dark-mode", "staging")
    other.get_by_label("Variant 1: value").fill("black")
    checked(other)
    publish(other, "staging")

    page.get_by_label("Variant 2: value").fill("white")
    checked(page)
    page.get_by_role("button", name="Publish now").click()
    said = page.get_by_role("region", name="What came of it")
    expect(said).to_contain_text("was published meanwhile", timeout=PATIENCE_MS)
    expect(said).to_contain_text('"black"')
    said.get_by_role("button", name="Take both changes together").click()
    assert set(definition(page)["variants"].values()) == {"black", "white"}
    publish(page, "staging")

    # The rollout that went is left alone, since the flag is not as it left it.
    expect(page.locator("#content")).to_contain_text("rollout")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_has_nothing_against_the_editor_and_what_is_beside_it(
    visitor: Visitor, width: int
) -> None:
    tab = visitor.tab(width, staff=True)
    page = tab.page
    page.context.set_default_timeout(PATIENCE_MS)
    open_editor(page, "new-search")
    editor = page.url
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Add a group to rule 2").click()
    page.get_by_text("Who gets what, of many").click()
    page.get_by_text("At a time").click()
    told = _judged(visitor, page)
    page.once("dialog", lambda dialog: dialog.accept())
    for path in ("history/", "kill/", "roll_out/", "copy/"):
        page.goto(f"{editor}{path}")
        told += _judged(visitor, page)

    assert told == []
    assert tab.complaints == []
    page.context.close()


def _judged(visitor: Visitor, page: Page) -> list[str]:
    told = []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        told += [f"{page.url} {theme}: {one}" for one in visitor.judge(page)]
    if visitor.sideways(page):
        told.append(f"{page.url} scrolls sideways")
    return told
