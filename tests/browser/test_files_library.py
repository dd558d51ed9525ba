"""The page of files: found, moved, labelled, versioned and shared by whoever may."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.files_page import (
    EICAR,
    JUDGED_MS,
    LIBRARY,
    PASSWORD,
    add,
    clean,
    digest,
    file_of,
    in_folder,
    make_people,
    opened,
    row,
    sum_of,
    transfer,
    with_files,
)
from tests.browser.visits import COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def people(visitor: Visitor, data_of_platform: Path) -> None:
    """Others than the owner."""
    make_people(data_of_platform)


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """A page of the demo tenant's owner."""
    page = visitor.tab(1280, staff=True).page
    yield page
    page.context.close()


def page_of(visitor: Visitor, name: str, query: str = "") -> Page:
    """Return the page of somebody else, signed in."""
    page = visitor.tab(1280).page
    page.goto(LIBRARY + query)
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{LIBRARY}**")
    return page


def test_axe_has_nothing_against_it(visitor: Visitor, page: Page) -> None:
    in_folder(page, "judged by axe")
    add(page, file_of("table.csv", b"a,b\n1,2\n", "text/csv"), file_of("bad.com", EICAR))
    clean(page, "table.csv")
    expect(row(page, "bad.com")).to_contain_text("Infected", timeout=JUDGED_MS)

    found: list[str] = []
    for view in ("list", "gallery"):
        page.get_by_role("button", name=view.capitalize(), exact=True).click()
        page.get_by_label("Choose table.csv").check()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert visitor.sideways(page) == 0
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                found += visitor.judge(page)
                if view == "gallery":
                    row(page, "table.csv").get_by_role("button").click()
                    expect(page.get_by_role("region", name="Table of table.csv")).to_be_visible()
                    found += visitor.judge(page, *([] if theme == "light" else COLOURS))
                    page.keyboard.press("Escape")

    assert found == []


def test_it_is_worked_by_keys_alone(page: Page) -> None:
    in_folder(page, "by keys")
    for name in ("inner", "other"):
        page.get_by_role("button", name="New folder").focus()
        page.keyboard.press("Enter")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(row(page, name)).to_be_visible()
    add(page, file_of("a.txt", b"a"))
    clean(page, "a.txt")

    row(page, "inner").get_by_role("button").focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "other").get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Space")
    expect(page.get_by_label("Choose a.txt")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", name="a.txt")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, "a.txt").get_by_role("button")).to_be_focused()
    page.keyboard.press("Delete")
    expect(row(page, "a.txt")).to_have_count(0)
    expect(row(page, "other").get_by_role("button")).to_be_focused()
    page.get_by_role("button", name="Undo").press("Enter")
    clean(page, "a.txt")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    row(page, "inner").get_by_role("button").press("Enter")
    expect(page.get_by_role("link", name="inner")).to_be_focused()


def test_files_are_moved_and_moved_back(page: Page) -> None:
    with_files(page, "from", "m1.txt", "m2.txt")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="One folder up").click()
    dialog.get_by_role("button", name="Airports").click()
    expect(dialog).to_contain_text("/Airports")
    dialog.get_by_role("button", name="Move here").click()

    expect(page.get_by_text("2 items moved to /Airports.")).to_be_visible()
    expect(row(page, "m1.txt")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    clean(page, "m1.txt")
    clean(page, "m2.txt")


def test_files_are_found_and_fetched(page: Page) -> None:
    with_files(page, "found", "Needle one.txt", "needle two.csv")
    opened(page)

    page.get_by_role("searchbox", name="Search names and text").fill("NEEDLE")
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(row(page, "Needle one.txt")).to_contain_text("/found")
    page.get_by_label("State", exact=True).select_option("INFECTED")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_label("State", exact=True).select_option("")
    page.get_by_label("Choose all").check()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download as a zip").click()

    assert fetched.value.suggested_filename.endswith(".zip")
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(2)


def test_the_trash_gives_back_and_forgets(page: Page) -> None:
    with_files(page, "thrown", "bin1.txt", "bin2.txt")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.get_by_text("Nothing is here yet.")).to_be_visible()

    page.get_by_role("link", name="Trash").click()
    page.get_by_label("Choose bin1.txt").check()
    page.get_by_role("button", name="Restore").click()
    expect(row(page, "bin1.txt")).to_have_count(0)
    page.get_by_label("Choose bin2.txt").check()
    page.get_by_role("button", name="Delete for ever").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for ever").click()
    expect(row(page, "bin2.txt")).to_have_count(0)

    opened(page, "?at=/thrown")
    clean(page, "bin1.txt")
    expect(row(page, "bin2.txt")).to_have_count(0)


def test_versions_are_added_and_brought_back(page: Page) -> None:
    with_files(page, "versions", "draft.txt")
    row(page, "draft.txt").get_by_role("button").click()
    details = page.get_by_role("dialog")
    with page.expect_file_chooser() as chooser:
        details.get_by_role("button", name="Upload a new version").click()
    chooser.value.set_files([file_of("second.txt", b"second")])
    expect(transfer(page, "draft.txt").last).to_contain_text("Basic check", timeout=JUDGED_MS)
    assert digest(page, "draft.txt") == sum_of(b"second")

    row(page, "draft.txt").get_by_role("button").click()
    details.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("button", name="Bring it back").click()
    expect(details.locator(".files-versions li").first).to_contain_text("Version 3current")
    expect(details.get_by_role("region", name="Text of draft.txt")).to_have_text("draft.txt")


def test_a_version_over_one_that_was_not_seen_is_refused(page: Page) -> None:
    with_files(page, "raced", "raced.txt")
    row(page, "raced.txt").get_by_role("button").click()
    details = page.get_by_role("dialog")
    expect(details.get_by_role("button", name="Upload a new version")).to_be_visible()
    # Somebody else adds one meanwhile.
    other = page.context.new_page()
    opened(other, "?at=/raced")
    row(other, "raced.txt").get_by_role("button").click()
    with other.expect_file_chooser() as chooser:
        other.get_by_role("button", name="Upload a new version").click()
    chooser.value.set_files([file_of("x", b"theirs")])
    expect(transfer(other, "raced.txt")).to_contain_text("Basic check", timeout=JUDGED_MS)

    with page.expect_file_chooser() as chooser:
        details.get_by_role("button", name="Upload a new version").click()
    chooser.value.set_files([file_of("x", b"ours")])

    expect(transfer(page, "raced.txt").last).to_contain_text("Somebody has changed it meanwhile")
    assert digest(other, "raced.txt") == sum_of(b"theirs")


def test_a_file_is_named_labelled_held_and_shared(page: Page, visitor: Visitor) -> None:
    with_files(page, "about", "plain.txt")
    row(page, "plain.txt").get_by_role("button").click()
    details = page.get_by_role("dialog").first
    details.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("fancy.txt")
    page.get_by_role("dialog").last.get_by_role("button", name="Rename").click()
    expect(details.get_by_role("heading", name="fancy.txt")).to_be_visible()
    details.get_by_label("Tags, with commas").fill("alpha, beta")
    details.get_by_label("Metadata, a line").fill("project: Runway 25")
    details.get_by_role("button", name="Save").click()
    expect(details.get_by_role("status").first).to_have_text("Saved.")

    details.get_by_label("Downloads").fill("3")
    details.get_by_label("Note", exact=True).fill("For the insurer")
    details.get_by_role("button", name="Create a link").click()
    link = details.get_by_label("Address of the link").input_value()
    expect(details.get_by_text("0 of 3 downloads")).to_be_visible()
    guest = visitor.tab(390).page
    guest.goto(link)
    expect(guest.get_by_role("heading", name="fancy.txt")).to_be_visible()
    details.get_by_role("button", name="Revoke For the insurer").click()
    expect(details.get_by_text("0 of 3 downloads")).to_have_count(0)
    assert (answer := guest.goto(link)) is not None
    assert answer.status == 404
    guest.context.close()

    details.get_by_role("button", name="Place a hold").click()
    page.get_by_label("Why, for the record").fill("Case 7")
    page.get_by_role("dialog").last.get_by_role("button", name="Place a hold").click()
    expect(details.get_by_text("Held: Case 7.")).to_be_visible()
    details.get_by_role("button", name="Keep it until a day").click()
    page.get_by_label("Until", exact=True).fill("2031-05-01")
    page.get_by_role("dialog").last.get_by_role("button", name="Keep it").click()
    expect(details.get_by_text("Nobody can remove it until May 1, 2031")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Choose fancy.txt").check()
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.get_by_text("It is under a legal hold")).to_be_visible()
    opened(page)
    page.get_by_role("searchbox", name="Tag").fill("beta")
    expect(row(page, "fancy.txt")).to_contain_text("Held")


@pytest.mark.usefixtures("people")
def test_who_only_reads_is_offered_nothing_else(page: Page, visitor: Visitor) -> None:
    with_files(page, "to read", "read me.txt")
    reader = page_of(visitor, "viewer", "?at=/to%20read")
    clean(reader, "read me.txt")

    for name in ("Add files", "Add a folder", "New folder"):
        expect(reader.get_by_role("button", name=name)).to_have_count(0)
    reader.get_by_label("Choose read me.txt").check()
    chosen = reader.get_by_role("group", name="What is chosen")
    expect(chosen.get_by_role("button")).to_have_text(["Download", "Choose none"])
    row(reader, "read me.txt").get_by_role("button").press("Delete")
    expect(row(reader, "read me.txt")).to_be_visible()
    row(reader, "read me.txt").get_by_role("button").click()
    details = reader.get_by_role("dialog")
    expect(details.get_by_role("region", name="Text of read me.txt")).to_have_text("read me.txt")
    expect(details.get_by_role("button")).to_have_text(["Close"])
    reader.context.close()


@pytest.mark.usefixtures("people")
def test_another_tenant_sees_nothing_of_it(visitor: Visitor) -> None:
    stranger = page_of(visitor, "stranger")

    expect(stranger.get_by_text("Nothing is here yet.")).to_be_visible()
    expect(stranger.locator(".files-head")).to_contain_text("Elsewhere")
    stranger.goto(f"{LIBRARY}?at=/Airports")
    expect(stranger.get_by_role("alert")).to_have_text("It is not there any more.")
    stranger.context.close()
