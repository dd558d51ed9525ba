"""The back office over seven processes and an edge, as `dev --split` runs them: it is one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kernel.services import BY_NAME
from kernel.testing.embedded import ROOT
from kernel.testing.migrated import copy_migrated
from kernel.testing.processes import running, wait_for_line
from project.splitting import (
    edge_configuration,
    nginx,
    origin_of_edge,
    parts_of_platform,
    ports_from,
)
from tests.browser.visits import Visitor
from tests.docker.test_edge import soon
from tests.docker.test_processes import free_ports
from tests.node.packages import install, node

pytestmark = pytest.mark.browser

#: A list of each, by the words of its menu.
LISTS = {
    "audit": "Audit logs",
    "notifications": "Subscribers",
    "files": "Folders",
    "documents": "Templates",
    "scheduler": "Job schedules",
    "config": "Feature flags",
    "importexport": "Import jobs",
}


@dataclass(frozen=True)
class Site:
    """Seven processes behind an edge, and who may enter."""

    url: str
    password: str
    processes: dict[str, subprocess.Popen[str]]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    program = nginx()
    if program is None:
        pytest.skip("nginx is not here: Debian has it as nginx-light")
    ports = dict(zip(ports_from(None), free_ports(len(ports_from(None))), strict=True))
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
    }
    copy_migrated(tmp_path / "septet.sqlite3")
    demo = [sys.executable, "manage.py", "demo", "--empty"]
    told = subprocess.run(
        demo, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(edge_configuration(ports, tmp_path))
    with ExitStack() as stack:
        parts = [one for one in parts_of_platform(ports) if one.name in BY_NAME]
        processes = {
            one.name: stack.enter_context(
                running(one.command, cwd=ROOT, env=environment | dict(one.environment))
            )
            for one in parts
        }
        for one in parts:
            wait_for_line(processes[one.name], one.begun)
        edge = [program, "-e", "stderr", "-c", str(configuration)]
        front = stack.enter_context(running(edge, cwd=tmp_path, env=environment))
        password = re.search(r"password\s+(\S+)", told)
        assert password
        yield Site(origin_of_edge(ports), password[1], processes)
        # Killed, nginx would leave its workers behind.
        front.terminate()
        front.wait()


def test_seven_processes_are_one_back_office_and_one_that_is_killed_says_so(
    site: Site, browser: Browser
) -> None:
    node()
    install(Path(__file__).parent)
    judge = Visitor(browser, site.url, None).judge
    page = browser.new_context(base_url=site.url).new_page()
    soon(lambda: _reached(page))
    page.fill("#id_login", "admin")
    page.fill("#id_password", site.password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")
    menu, main = page.locator("#nav-sidebar"), page.get_by_role("main")
    failed: list[str] = []
    page.on("response", lambda one: failed.append(one.url) if one.status >= 400 else None)

    # Each page is of another process, and has the styles and scripts of its service.
    for service, words in LISTS.items():
        menu.get_by_role("link", name=words, exact=True).click()
        page.wait_for_url(f"**/admin/{service}/**")
        expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    assert failed == []

    site.processes["files"].kill()
    site.processes["files"].wait()
    menu.get_by_role("link", name="Folders", exact=True).click()
    expect(main).to_contain_text("Files does not answer")
    expect(menu).to_contain_text("Files does not answer.")
    assert judge(page) == []
    menu.get_by_role("link", name="Feature flags", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Feature flags")
    page.goto("/admin/")
    expect(main).to_contain_text("Files does not answer. What waits there is not counted.")
    assert judge(page) == []

    page.goto("/sign-out/")
    main.get_by_role("button").click()
    for service in ("config", "audit"):
        page.goto(f"/admin/{service}/")
        assert "/sign-in/" in page.url


def _reached(page: Page) -> bool:
    try:
        answer = page.goto("/admin/")
    except Exception:  # noqa: BLE001  Playwright's own: nobody listens yet
        return False
    return answer is not None and answer.ok
