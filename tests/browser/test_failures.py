"""The pages of what goes wrong: told in our own words and style, with nothing of the inside."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests.browser.visits import COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

INSIDE = re.compile(
    r"Traceback|Exception|\bdjango\b|sqlite|/kernel/|line \d+|\w\/\w+\.py", re.IGNORECASE
)
Go = Callable[[Page], Response | None]


@pytest.fixture
def broken_row(data_of_platform: Path) -> Iterator[None]:
    """A row that no code of ours can read."""
    with closing(sqlite3.connect(data_of_platform / "septet.sqlite3")) as database:
        database.execute(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined)"
            " VALUES (999999, '', 0, 'broken', '', '', '', 0, 1, '2026-99-99 00:00:00')"
        )
        database.commit()
        yield
        database.execute("DELETE FROM auth_user WHERE id = 999999")
        database.commit()


def refused(page: Page) -> Response | None:
    """Ask for a name that the platform does not answer to."""
    port = urlsplit(page.evaluate("location.href")).port
    return page.goto(f"http://elsewhere.localhost:{port}/")


FAILURES: dict[str, tuple[int, str, Go]] = {
    "refused": (400, "This request is refused.", refused),
    "not found": (404, "There is nothing here.", lambda page: page.goto("/nowhere")),
    "broken": (500, "Something broke on our side.", lambda page: page.goto("/admin/auth/user/")),
}


@pytest.mark.usefixtures("broken_row")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_in_our_style_and_without_the_inside(
    visitor: Visitor, name: str, width: int
) -> None:
    status, heading, go = FAILURES[name]
    tab = visitor.tab(width, staff=True)
    page = tab.page
    page.goto("/docs/")

    response = go(page)

    assert response
    assert response.status == status
    assert page.get_by_role("heading", level=1).inner_text() == heading
    assert INSIDE.findall(page.content()) == []
    # The portal's own style, from a file that was found.
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        rules = [] if theme == THEMES[0] else COLOURS
        assert visitor.judge(page, *rules) == []
    assert visitor.sideways(page) == 0
    # A browser says so of any page with such a status; of ours it has nothing else to say.
    assert [one for one in tab.complaints if f"status of {status}" not in one] == []
    page.context.close()
