"""Uploads by the page of files: judged, paused, cut, gone on with, and what is not even sent."""

import json
import os
import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.files_page import (
    EICAR,
    JUDGED_MS,
    LIBRARY,
    add,
    clean,
    digest,
    file_of,
    in_folder,
    opened,
    row,
    slow,
    sum_of,
    transfer,
)
from tests.browser.visits import Visitor

pytestmark = pytest.mark.browser

MB = 1_000_000
#: How far, how fast, and how long yet.
PROGRESS = re.compile(r"MB of 4.0 MB · .*/s · .* left")


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """A page of the demo tenant's owner."""
    page = visitor.tab(1280, staff=True).page
    yield page
    page.context.close()


def test_what_is_added_is_followed_until_it_is_judged(page: Page) -> None:
    in_folder(page, "judged")

    add(page, file_of("notes.txt", b"All is well.\n"), file_of("invoice.com", EICAR))

    clean(page, "notes.txt")
    expect(transfer(page, "notes.txt")).to_contain_text("Basic check only")
    expect(row(page, "invoice.com")).to_contain_text("Infected", timeout=JUDGED_MS)
    expect(transfer(page, "invoice.com")).to_contain_text("Nobody can open or download it.")
    row(page, "notes.txt").get_by_role("button").click()
    expect(page.get_by_role("region", name="Text of notes.txt")).to_have_text("All is well.\n")
    page.keyboard.press("Escape")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    row(page, "invoice.com").get_by_role("button").click()
    details = page.get_by_role("dialog")
    expect(details.locator(".files-preview")).to_contain_text("Something harmful was found")
    expect(details.get_by_role("link", name="Download")).to_have_count(0)
    assert [url for url in asked if "/files/api/" in url] == []


def test_folders_come_with_what_is_in_them(page: Page, tmp_path: Path) -> None:
    in_folder(page, "nested")
    (tmp_path / "trip" / "day 1").mkdir(parents=True)
    (tmp_path / "trip" / "plan.txt").write_text("plan")
    (tmp_path / "trip" / "day 1" / "log.txt").write_text("log")

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a folder").click()
    chooser.value.set_files(tmp_path / "trip")

    row(page, "trip").get_by_role("button").click()
    clean(page, "plan.txt")
    row(page, "day 1").get_by_role("button").click()
    clean(page, "log.txt")
    expect(page.get_by_role("navigation", name="Folders")).to_contain_text("nestedtripday 1")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_are_dropped_and_pasted(page: Page, way: str) -> None:
    in_folder(page, f"by {way}")

    page.evaluate(
        """(way) => {
          const data = new DataTransfer();
          for (const name of ["one.txt", "two.txt"]) {
            data.items.add(new File([name], name, {type: "text/plain"}));
          }
          const place = document.querySelector("[data-list]");
          const told = {bubbles: true, cancelable: true};
          const pasted = new ClipboardEvent("paste", {...told, clipboardData: data});
          if (way === "paste") return place.dispatchEvent(pasted);
          for (const type of ["dragenter", "dragover", "drop"]) {
            place.dispatchEvent(new DragEvent(type, {...told, dataTransfer: data}));
          }
        }""",
        way,
    )

    clean(page, "one.txt")
    clean(page, "two.txt")
    assert digest(page, "two.txt") == sum_of(b"two.txt")


def test_an_upload_is_paused_and_goes_on(page: Page) -> None:
    in_folder(page, "paused")
    body = os.urandom(4 * MB)
    with slow(page, 800_000):
        add(page, file_of("big.bin", body, "application/octet-stream"))
        expect(transfer(page, "big.bin")).to_contain_text(PROGRESS)
        page.get_by_role("button", name="Pause big.bin").click()
        expect(transfer(page, "big.bin")).to_contain_text("Paused")

    page.get_by_role("button", name="Resume big.bin").click()

    clean(page, "big.bin")
    assert digest(page, "big.bin") == sum_of(body)


def test_after_a_reload_the_same_file_goes_on_where_it_was(page: Page, tmp_path: Path) -> None:
    in_folder(page, "reloaded")
    body = os.urandom(4 * MB)
    file = tmp_path / "long.bin"
    file.write_bytes(body)
    page.on("dialog", lambda dialog: dialog.accept())
    with slow(page, 800_000):
        add(page, file)
        expect(transfer(page, "long.bin")).to_contain_text(re.compile(r"[1-3]\.\d MB of"))
        page.reload()
    expect(transfer(page, "long.bin")).to_contain_text("Not finished")
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose long.bin again").click()
    chooser.value.set_files([file_of("other.bin", body)])
    expect(transfer(page, "long.bin")).to_contain_text("other.bin is not the file that was begun")

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose long.bin again").click()
    chooser.value.set_files([file])

    clean(page, "long.bin")
    assert digest(page, "long.bin") == sum_of(body)
    [offset] = offsets
    assert offset > 0
    expect(page.locator(".files-transfers li")).to_have_count(1)


def test_a_connection_that_is_cut_is_made_again(page: Page) -> None:
    in_folder(page, "cut")
    cuts: list[Route] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH" and len(cuts) < 2:
            cuts.append(route)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/api/uploads/*", cut)
    add(page, file_of("cut.txt", b"whole"))

    clean(page, "cut.txt")
    assert len(cuts) == 2


def test_without_a_network_it_waits_and_goes_on(page: Page) -> None:
    in_folder(page, "offline")
    body = os.urandom(3 * MB)
    with slow(page, 600_000):
        add(page, file_of("late.bin", body, "application/octet-stream"))
        expect(transfer(page, "late.bin")).to_contain_text("MB of")
        page.context.set_offline(True)
        expect(transfer(page, "late.bin")).to_contain_text("Waits for the network")
        page.context.set_offline(False)

    clean(page, "late.bin")
    assert digest(page, "late.bin") == sum_of(body)


def test_a_cancelled_upload_leaves_nothing(page: Page) -> None:
    in_folder(page, "cancelled")
    with slow(page, 400_000):
        add(page, file_of("never.bin", os.urandom(3 * MB), "application/octet-stream"))
        expect(transfer(page, "never.bin")).to_contain_text("MB of")
        with page.expect_response(lambda answer: answer.request.method == "DELETE") as ended:
            page.get_by_role("button", name="Cancel never.bin").click()
    assert ended.value.status == 204

    expect(transfer(page, "never.bin")).to_contain_text("Cancelled")
    page.reload()
    expect(page.get_by_text("Nothing is here yet.")).to_be_visible()
    expect(page.locator("[data-uploads]")).to_be_hidden()


def test_what_would_be_refused_is_not_sent(page: Page) -> None:
    def lessen(route: Route) -> None:
        """Answer with the page, as if limits were small."""
        answer = route.fetch()
        found = re.search(r'data-files="([^"]*)"', answer.text())
        assert found
        told: dict[str, Any] = json.loads(unescape(found[1]))
        told |= {"mostBytes": 200, "room": told["taken"] + 100}
        body = answer.text().replace(found[1], escape(json.dumps(told)))
        route.fulfill(response=answer, body=body)

    page.route(f"**{LIBRARY}", lessen)
    opened(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    add(page, file_of("long.txt", b"x" * 201), file_of("much.txt", b"x" * 150))

    expect(transfer(page, "long.txt")).to_contain_text("It has 201 bytes, and a file may have 200")
    expect(transfer(page, "much.txt")).to_contain_text("and there is room for 100 bytes")
    assert "PATCH" not in sent
