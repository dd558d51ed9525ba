"""One server with demo data and one browser for all tests of this folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from kernel.testing.embedded import Embedded, embedded
from tests.browser.visits import Visitor
from tests.node.packages import install, node

# What is said in time is said at once, and a machine that has much to do says it late.
expect.set_options(timeout=20_000)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]


@pytest.fixture(scope="package")
def data_of_platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the platform keeps everything."""
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="package")
def platform(data_of_platform: Path) -> Iterator[Embedded]:
    """The platform as `make run` starts it."""
    with embedded(data_of_platform) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; CHROMIUM names another."""
    chromium = os.environ.get("CHROMIUM", "chromium")
    program = shutil.which(chromium)
    if program is None:
        pytest.skip(f"needs Chromium, found no {chromium}: apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@pytest.fixture(scope="package")
def visitor(browser: Browser, platform: Embedded) -> Visitor:
    """Somebody who looks at the pages, with an administrator's session where one is needed."""
    node()
    install(Path(__file__).parent)
    context = browser.new_context(base_url=platform.url)
    # Refused, so that there is a refusal to look at.
    context.request.post("/graphql", data={"query": "{ files { totalCount } }"})
    page = context.new_page()
    page.goto("/admin/")
    page.fill("#id_login", "admin")
    page.fill("#id_password", platform.password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")
    session = context.storage_state()
    context.close()
    return Visitor(browser, platform.url, session)
