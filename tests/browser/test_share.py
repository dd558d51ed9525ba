"""The page of a share link, as whoever was sent one meets it."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from kernel.testing.embedded import Embedded
from tests.browser.visits import COLOURS, THEMES, WIDTHS, Theme, Visitor

pytestmark = pytest.mark.browser

NAME = "Incident report of runway 25, with all of its annexes and photographs (final, v3).txt"
PASSWORD = "correct horse"
CREATE = """mutation($input: CreateShareLinkInput!) {
  change: createShareLink(input: $input) { url error { message } } }"""


@pytest.fixture(scope="module")
def links(platform: Embedded) -> Iterator[dict[str, str]]:
    """The paths of an open link, of one with a password, both to a clean file, and of none."""
    headers = {"Authorization": f"Bearer {platform.key}", "Content-Type": "application/json"}
    connection = HTTPConnection(platform.url.partition("//")[2])

    def ask(method: str, path: str, body: Any) -> Any:
        connection.request(method, path, body, headers)
        return json.loads(connection.getresponse().read())

    def graph(query: str, **variables: Any) -> Any:
        return ask("POST", "/graphql", json.dumps({"query": query, "variables": variables}))["data"]

    path = "/files/api/files/" + NAME.replace(" ", "%20").replace(",", "%2C")
    file_id = ask("PUT", path, b"Nobody was hurt.\n")["id"]
    query = "query($id: ID!) { file(id: $id) { state } }"
    while graph(query, id=file_id)["file"]["state"] != "CLEAN":
        time.sleep(0.1)
    yield {"gone": "/files/s/x"} | {
        kind: graph(CREATE, input={"fileId": file_id, "mostDownloads": 20, **more})["change"]["url"]
        for kind, more in {"open": {}, "protected": {"password": PASSWORD}}.items()
    }
    connection.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["open", "protected", "gone"])
def test_axe_has_nothing_against_it(
    visitor: Visitor, links: dict[str, str], kind: str, width: int, theme: Theme
) -> None:
    tab = visitor.tab(width, theme=theme)
    tab.page.goto(links[kind])
    if kind == "protected":
        tab.page.fill("input", "wrong")
        tab.page.click("button")
        tab.page.wait_for_selector("[role=alert]")

    assert visitor.judge(tab.page) == []
    assert visitor.judge(tab.page, *COLOURS) == []
    assert visitor.sideways(tab.page) == 0
    assert [url for url in tab.requests if not url.startswith((visitor.url, "data:"))] == []


@pytest.mark.parametrize("kind", ["open", "protected"])
def test_its_button_saves_the_file(
    visitor: Visitor, links: dict[str, str], kind: str, tmp_path: Path
) -> None:
    page = visitor.tab(390).page
    page.goto(links[kind])
    if kind == "protected":
        page.fill("input", PASSWORD)
    with page.expect_download() as started:
        page.click("button")
    started.value.save_as(tmp_path / "saved")

    assert started.value.suggested_filename == NAME
    assert (tmp_path / "saved").read_bytes() == b"Nobody was hurt.\n"
