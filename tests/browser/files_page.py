"""The page of a tenant's files, as tests work with it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from kernel.testing.embedded import ROOT

LIBRARY = "/files/library/"
PASSWORD = "engine no. 1"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#: How long a verdict may take.
JUDGED_MS = 30_000
_PEOPLE = """
from django.contrib.auth.models import User
from kernel.identity.models import Membership, Tenant
from kernel.identity.services import create_tenant
elsewhere = create_tenant(slug="elsewhere", name="Elsewhere")
demo = Tenant.objects.get(slug="demo")
for name, tenant, role in (("viewer", demo, "viewer"), ("stranger", elsewhere, "owner")):
    user = User.objects.create_user(name, f"{name}@example.com", "engine no. 1")
    Membership.objects.create(user=user, tenant=tenant, role=role)
"""


def make_people(data: Path) -> None:
    """Make somebody who only reads in the demo tenant, and somebody of another tenant."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", _PEOPLE],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data), "LOG_LEVEL": "ERROR"},
        check=True,
        capture_output=True,
    )


def opened(page: Page, query: str = "") -> Page:
    """Open the page and wait until it shows what there is."""
    page.goto(LIBRARY + query)
    expect(page.locator("[data-list]")).to_have_attribute("aria-busy", "false")
    return page


def in_folder(page: Page, name: str) -> Page:
    """Make a folder at the root, and open it: a test has it for itself."""
    opened(page)
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make it").click()
    row(page, name).get_by_role("button").click()
    expect(page.get_by_text("Nothing is here yet.")).to_be_visible()
    return page


def file_of(name: str, body: bytes, kind: str = "text/plain") -> Any:
    """Return a file as a browser's dialog gives it."""
    return {"name": name, "mimeType": kind, "buffer": body}


def add(page: Page, *files: Any) -> None:
    """Choose files by the button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    chooser.value.set_files(list(files))


def row(page: Page, name: str) -> Locator:
    """Return the row of a file or a folder in the list."""
    return page.locator("[data-row]").filter(has=page.get_by_role("button", name=name, exact=True))


def transfer(page: Page, name: str) -> Locator:
    """Return the row of an upload."""
    return page.locator(".files-transfers li").filter(has_text=name)


def clean(page: Page, name: str) -> None:
    """Wait until a file is given out."""
    expect(row(page, name).locator(".files-state")).to_have_text(
        "Basic check only", timeout=JUDGED_MS
    )


def digest(page: Page, name: str) -> str:
    """Return the SHA-256 that the details of a file tell."""
    row(page, name).get_by_role("button").click()
    told = page.get_by_role("dialog").locator("dd code").inner_text()
    page.keyboard.press("Escape")
    return told


def sum_of(body: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(body).hexdigest()


@contextmanager
def slow(page: Page, bytes_per_second: int) -> Iterator[None]:
    """Let the page send no quicker than this while the block runs."""
    network = page.context.new_cdp_session(page)
    told = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", told | {"uploadThroughput": bytes_per_second})
    yield
    network.send("Network.emulateNetworkConditions", told | {"uploadThroughput": -1})
    network.detach()


def with_files(page: Page, folder: str, *names: str) -> Page:
    """Make a folder with clean files, each with its name in it, and stay there."""
    in_folder(page, folder)
    add(page, *(file_of(name, name.encode()) for name in names))
    for name in names:
        clean(page, name)
    return page
