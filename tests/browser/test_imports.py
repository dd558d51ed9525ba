"""Pages of imports and exports: a file is read, mapped, mended, brought, taken back; rows leave."""

import csv
import gzip
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contracts.webhooks import new_secret
from kernel.testing.embedded import Embedded
from tests.browser.files_page import JUDGED_MS, file_of
from tests.browser.visits import CHOOSE, COLOURS, THEMES, Tab, Visitor

pytestmark = pytest.mark.browser

HOME = "/importexport/imports/"
RUNWAYS = Path(__file__).parents[1] / "data" / "ourairports" / "runways.csv.gz"
ROWS = 2_000
#: On which lines of the file which value is broken.
BROKEN = {101: ("length_ft", "long"), 1_501: ("lighted", "maybe")}
_NAMES = (f"runways_{number}" for number in itertools.count(1))
_TEXT = {"type": "string"}
TABLE: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "airport_ident", **_TEXT, "constraints": {"required": True}},
        {"name": "length_ft", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "surface", **_TEXT},
        {"name": "lighted", "type": "boolean"},
        {"name": "le_latitude_deg", "type": "number"},
    ],
    "primaryKey": "id",
}
#: What a step may take on a machine that has much to do.
PATIENCE_MS = 60_000


def runways() -> bytes:
    """Return the first real runways, two of them with a wrong value."""
    with gzip.open(RUNWAYS, "rt", encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.reader(file), ROWS + 1))
    for line, (name, text) in BROKEN.items():
        rows[line - 1][rows[0].index(name)] = text
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


class Graph:
    """The API, with a key for everything in the demo tenant."""

    def __init__(self, visitor: Visitor, platform: Embedded) -> None:
        self._context = visitor.browser.new_context(base_url=platform.url)
        self._headers = {"Authorization": f"Bearer {platform.key}"}

    def __call__(self, query: str, **variables: Any) -> Any:
        sent = {"query": query, "variables": variables}
        answer = self._context.request.post("/graphql", headers=self._headers, data=sent).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def table(self) -> str:
        """Make a table for runways of its own; return its name."""
        name = next(_NAMES)
        made = self(
            "mutation($input: CreateDataTableInput!) { createDataTable(input: $input) {"
            " error { message } } }",
            input={"name": name, "schema": TABLE},
        )
        assert made["createDataTable"]["error"] is None
        return name

    def place(self, name: str, kind: str, settings: dict[str, Any], secret: str) -> None:
        """Name a place outside."""
        made = self(
            "mutation($input: CreateDataEndpointInput!) { createDataEndpoint(input: $input) {"
            " error { message } } }",
            input={"name": name, "kind": kind, "settings": settings, "secret": secret},
        )
        assert made["createDataEndpoint"]["error"] is None

    def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        counted = self("query($t: String!) { dataTableRows(table: $t) { totalCount } }", t=table)
        found: int = counted["dataTableRows"]["totalCount"]
        return found


@pytest.fixture
def graph(visitor: Visitor, platform: Embedded) -> Graph:
    return Graph(visitor, platform)


@pytest.fixture
def tab(visitor: Visitor) -> Iterator[Tab]:
    """A tab of the administrator, in which nothing was complained of in the end."""
    found = visitor.tab(1280, staff=True)
    yield found
    assert found.complaints == []
    found.page.context.close()


def upload(page: Page, dataset: str, name: str, content: bytes) -> None:
    """Begin an import of a file that is uploaded, and wait until it was looked at."""
    page.goto(f"{HOME}new/?dataset={dataset}")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files([file_of(name, content, "text/csv")])
    go = page.get_by_role("button", name="Read it")
    expect(go).to_be_enabled(timeout=JUDGED_MS)
    go.click()
    expect(page.get_by_role("region", name="The beginning of the file")).to_be_visible(
        timeout=PATIENCE_MS
    )


def headed(page: Page, text: str) -> None:
    """Wait until a step says so."""
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=PATIENCE_MS)


def judged(visitor: Visitor, page: Page) -> None:
    """Say that nothing is to be said against a page: on a desk and on a phone, day and night."""
    assert visitor.judge(page) == []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        assert visitor.judge(page, *COLOURS) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.sideways(page) == 0
    page.set_viewport_size({"width": 1280, "height": 844})


def test_runways_are_checked_mended_brought_and_taken_back(
    visitor: Visitor, graph: Graph, tab: Tab
) -> None:
    page, table = tab.page, graph.table()
    upload(page, f"tables.{table}", "runways.csv", runways())
    expect(page.get_by_role("cell", name="00AK", exact=True)).to_be_visible()
    assert visitor.judge(page) == []
    assert visitor.sideways(page) == 0

    page.get_by_role("button", name="Go on to the mapping").click()
    expect(page.get_by_text("100 % sure: the same name").first).to_be_visible()
    page.get_by_role("button", name="Save and check all rows").click()

    headed(page, "2 rows cannot be brought")
    assert graph.rows(table) == 0
    page.get_by_label("Problem").select_option("NOT_A_BOOLEAN")
    expect(page.locator(".imp-rows > li")).to_have_count(1)
    page.get_by_label("Problem").select_option("")
    page.get_by_label("length_ft of line 101").fill("2500")
    page.get_by_label("lighted of line 1501").fill("perhaps")
    page.get_by_role("button", name="Check 2 changed rows").click()
    expect(page.get_by_text("still wrong", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("fits now", exact=True)).to_have_count(1)
    page.get_by_label("lighted of line 1501").fill("yes")
    page.keyboard.press("Enter")
    expect(page.get_by_text("fits now", exact=True)).to_have_count(2, timeout=PATIENCE_MS)
    judged(visitor, page)

    page.get_by_role("button", name="Import 1,998 rows, then 2 mended").click()
    headed(page, "It is done")
    expect(page.get_by_text("2 more rows came by mending.")).to_be_visible(timeout=PATIENCE_MS)
    assert graph.rows(table) == ROWS
    assert visitor.judge(page) == []

    page.get_by_role("button", name="Undo").click()
    dialog = page.get_by_role("dialog")
    # Of what it has not done it says nothing.
    expect(dialog.get_by_text("1,998 rows that it made are deleted.", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Undo it").click()
    headed(page, "It was taken back")
    assert graph.rows(table) == 0


def test_what_was_guessed_is_said_otherwise(graph: Graph, tab: Tab) -> None:
    page, table = tab.page, graph.table()
    content = "id;airport_ident\n1;Łódź\n".encode("iso-8859-2")
    upload(page, f"tables.{table}", "a.csv", content)

    page.get_by_label("Encoding").select_option("iso-8859-2")
    page.get_by_role("button", name="Read it again").click()

    expect(page.get_by_role("cell", name="Łódź", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_label("Encoding").locator("option:checked")).to_have_text("iso-8859-2")
    assert page.get_by_label("Between values").locator("option:checked").inner_text() == (
        "Guessed: Semicolon (;)"
    )


def test_a_mapping_with_transforms_is_kept_renamed_and_removed(
    visitor: Visitor, graph: Graph, tab: Tab
) -> None:
    page, table = tab.page, graph.table()
    upload(page, f"tables.{table}", "b.csv", b"Nr,Place,Kind\n1,ehaa ,asphalt\n2,lfpg,grass\n")
    page.get_by_role("button", name="Go on to the mapping").click()
    page.get_by_label("id integer required").select_option("Nr")
    place = page.locator("[data-field=airport_ident]")
    place.get_by_label("airport_ident text required").select_option("Place")
    place.locator("summary").click()
    for step in ("trim", "case"):
        place.get_by_label("Add a step for airport_ident").select_option(step)
    becomes = place.get_by_role("group", name="What becomes of airport_ident")
    expect(becomes.get_by_role("cell", name="EHAA", exact=True)).to_be_visible()
    surface = page.get_by_label("surface text")
    surface.select_option(label="The same text in every row")
    page.get_by_label("Text of surface in every row").fill("concrete")
    judged(visitor, page)
    page.get_by_role("button", name="Keep as a template").click()
    page.get_by_role("dialog").get_by_label("Name").fill(table)
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-announcer]")).to_have_text(f"{table} is kept.")

    page.get_by_role("button", name="Save and check all rows").click()
    headed(page, "Every row can be brought")
    page.get_by_role("button", name="Import 2 rows").click()
    headed(page, "It is done")
    found = graph("query($t: String!) { dataTableRows(table: $t) { nodes { values } } }", t=table)[
        "dataTableRows"
    ]["nodes"]
    assert [(row["values"]["airport_ident"], row["values"]["surface"]) for row in found] == [
        ("EHAA", "concrete"),
        ("LFPG", "concrete"),
    ]

    page.goto(f"{HOME}templates/")
    page.get_by_role("button", name=f"Rename {table}", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill(f"{table} again")
    page.get_by_role("button", name="Rename it").click()
    expect(page.get_by_role("button", name=f"Rename {table} again")).to_be_focused()
    page.get_by_role("button", name=f"Delete {table} again").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text(f"{table} again", exact=True)).to_have_count(0)


def test_imports_are_found_by_their_state(visitor: Visitor, graph: Graph, tab: Tab) -> None:
    page, table = tab.page, graph.table()
    upload(page, f"tables.{table}", f"{table}.csv", b"id,airport_ident\n1,EHAA\n")

    page.goto(HOME)
    page.get_by_label("State").select_option(label="Ready")
    expect(page.get_by_role("link", name=f"{table}.csv")).to_be_visible()
    page.get_by_label("State").select_option(label="Paused")
    expect(page.get_by_text("No import is in this state.")).to_be_visible()
    assert visitor.judge(page) == []
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("link", name=f"{table}.csv").click()

    headed(page, "How the file is read")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url(f"**{HOME}")
    expect(page.get_by_role("link", name=f"{table}.csv")).to_have_count(0)


def test_a_file_that_is_no_table_is_told_with_a_way_on(
    visitor: Visitor, graph: Graph, tab: Tab
) -> None:
    page, table = tab.page, graph.table()
    page.goto(f"{HOME}new/?dataset=tables.{table}")
    expect(page.get_by_text("Choose a dataset and a file to go on.")).to_be_visible()
    judged(visitor, page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files([file_of("no.csv", b"\n\n", "text/csv")])
    go = page.get_by_role("button", name="Read it")
    expect(go).to_be_enabled(timeout=JUDGED_MS)
    go.click()

    problem = page.get_by_role("alert").filter(has_text="Say below how it is to be read")
    expect(problem).to_be_visible(timeout=PATIENCE_MS)
    judged(visitor, page)


def test_a_source_is_fetched_from_elsewhere(visitor: Visitor, graph: Graph, tab: Tab) -> None:
    page, table = tab.page, graph.table()
    where = {"host": "127.0.0.1", "user": "robot", "host_key": ""}
    graph.place(f"inbox of {table}", "SFTP", where, "hidden")
    page.goto(f"{HOME}new/?dataset=tables.{table}")
    page.get_by_role("button", name="Fetch it from elsewhere").click()
    page.get_by_label("Where is it?").select_option(label=f"inbox of {table}")
    expect(page.get_by_label("Path of the file there")).to_be_visible()
    page.get_by_label("Where is it?").select_option(label="An address on the web")
    page.get_by_label("Address", exact=True).fill("http://127.0.0.1/files/runways.csv?key=a")
    judged(visitor, page)
    page.get_by_role("button", name="Choose it").click()
    expect(page.get_by_text("runways.csv is chosen.")).to_be_visible()
    page.get_by_role("button", name="Read it").click()

    # Our own machine is not called.
    problem = page.get_by_role("alert").filter(has_text="127.0.0.1")
    expect(problem).to_be_visible(timeout=PATIENCE_MS)


def test_a_place_is_named_tried_disabled_and_forgotten(visitor: Visitor, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{HOME}places/")
    page.get_by_role("button", name="Add a place").first.click()
    page.get_by_label("What is it?").select_option(label="Server of SFTP")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill("nightly")
    page.get_by_label("Host", exact=True).fill("127.0.0.1")
    page.get_by_label("User", exact=True).fill("robot")
    page.get_by_label("Password or private key").fill("hidden")
    judged(visitor, page)
    page.get_by_role("button", name="Add it").click()

    row = page.get_by_role("listitem").filter(has_text="nightly")
    expect(row).to_contain_text("robot@127.0.0.1:22")
    expect(row).not_to_contain_text("hidden")
    judged(visitor, page)

    # Our own machine is not called.
    page.get_by_role("button", name="Test nightly").click()
    expect(page.get_by_role("alert")).to_contain_text("127.0.0.1")

    page.get_by_role("button", name="Edit nightly").click()
    page.get_by_label("Name", exact=True).fill("weekly")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Disable weekly").click()
    page.get_by_role("button", name="Disable it").click()
    expect(page.get_by_role("listitem").filter(has_text="weekly")).to_contain_text("Disabled")
    page.get_by_role("button", name="Enable weekly").click()
    expect(page.get_by_role("listitem").filter(has_text="weekly")).to_contain_text("Used")

    page.get_by_role("button", name="Forget weekly").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("weekly", exact=True)).to_have_count(0)


def test_rows_are_exported_fetched_and_removed(visitor: Visitor, graph: Graph, tab: Tab) -> None:
    page, table = tab.page, graph.table()
    for number, ident, surface in ((1, "EHAA", "ASP"), (2, "=LFPG", "ASP"), (3, "EDDF", "GRS")):
        values = {"id": number, "airport_ident": ident, "surface": surface}
        added = graph(
            "mutation($input: AddDataTableRowInput!) { addDataTableRow(input: $input) {"
            " error { message } } }",
            input={"table": table, "values": values},
        )
        assert added["addDataTableRow"]["error"] is None
    where = {"address": "http://127.0.0.1/hook"}
    graph.place(f"hook of {table}", "WEBHOOK", where, new_secret(b"s" * 32))
    page.goto("/importexport/exports/")
    page.get_by_role("button", name="New export").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Dataset or table").select_option(f"tables.{table}")
    columns = dialog.get_by_role("group", name="Columns").get_by_role("checkbox")
    expect(columns).to_have_count(len(TABLE["fields"]))
    for box in columns.all():
        box.uncheck()
    dialog.get_by_role("button", name="Export").click()
    # Without a column nothing is asked for.
    expect(dialog).to_be_visible()
    for name in ("id", "airport_ident"):
        dialog.get_by_label(name, exact=True).check()
    dialog.get_by_label("Only rows by their").select_option("surface")
    dialog.get_by_label("which is").fill("ASP")
    dialog.get_by_label("Order").select_option("-id")
    dialog.get_by_label("Format").select_option("CSV")
    judged(visitor, page)
    dialog.get_by_role("button", name="Export").click()

    row = page.get_by_role("listitem").filter(has_text=f"tables.{table}")
    expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(row).to_contain_text("CSV · 2 rows")
    judged(visitor, page)
    link = row.get_by_role("link", name="Download")
    # Once it was looked through for harm.
    expect(link).to_be_visible(timeout=JUDGED_MS)
    with page.expect_download() as fetched:
        link.click()
    header, *lines = Path(fetched.value.path()).read_text().splitlines()
    assert (header, lines) == ("id,airport_ident", ["2,'=LFPG", "1,EHAA"])

    row.get_by_role("button", name="Deliver").click()
    page.get_by_role("dialog").get_by_label("Place").select_option(label=f"hook of {table}")
    page.get_by_role("button", name="Deliver it").click()
    # Our own machine is not called.
    again = row.get_by_role("button", name="Try again to deliver")
    expect(row.get_by_text(f"hook of {table}: ")).to_contain_text("127.0.0.1", timeout=PATIENCE_MS)
    expect(again).to_be_visible()
    judged(visitor, page)
    again.click()
    expect(page.locator("[data-announcer]")).to_contain_text(f"to hook of {table} again")
    expect(again).to_be_visible(timeout=PATIENCE_MS)

    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(row).to_have_count(0)
    page.get_by_label("State").select_option(label="Failed")
    expect(page.get_by_text("No export is in this state.")).to_be_visible()
