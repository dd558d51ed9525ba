"""Imports and files in processes of their own: a file comes from the one, its errors go there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.conf import settings

from kernel.testing.processes import running, wait_for_line

OURS, THEIRS = "importexport", "files"
ROOT = Path(settings.BASE_DIR)
PATIENCE_SECONDS = 120
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from kernel.identity.services import create_tenant, issue_key
tenant = create_tenant(slug="acme", name="Acme")
print(issue_key(tenant=tenant, name="a key", scopes=["*"])[1])
"""
TABLE = """mutation { createDataTable(input: {name: "countries", schema: {
  fields: [
    {name: "code", type: "string", constraints: {pattern: "[A-Z]{2}"}}
    {name: "name", type: "string"}
  ]
  primaryKey: "code"
}}) { error { message } } }"""
IMPORT = """mutation($file: ID!) { createImportJob(input: {
  name: "countries.csv", sourceId: $file, dataset: "tables.countries"
}) { importJob { id } error { message } } }"""
START = """mutation($id: ID!) { startImportJob(input: {id: $id}) { error { message } } }"""
LOOK = """query($id: ID!) { importJob(id: $id) {
  state inserted failed errors { id } error { code message } } }"""

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not {OURS, THEIRS} <= set(settings.SERVICES), reason="runs where both services are"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program with a key for everything, that knows where each service is."""

    urls: dict[str, str]
    key: str

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer of the service of imports."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = self.call("POST", f"{self.urls[OURS]}/graphql", body, "application/json")
        assert "errors" not in answer, answer
        return answer["data"]

    def call(self, method: str, url: str, body: bytes = b"", kind: str = "text/csv") -> Any:
        """Return what is answered, as JSON."""
        response = urllib3.request(
            method,
            url,
            body=body,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": kind},
            timeout=30,
        )
        assert response.status < 300, response.data
        return json.loads(response.data)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Both services, each with a server and a worker of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "DATA_DIR": str(tmp_path_factory.mktemp("split")),
        "PORT": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE],
        cwd=ROOT,
        env=environment | {"SERVICES": f"{OURS},{THEIRS}"},
        capture_output=True,
        text=True,
        check=True,
    )
    urls: dict[str, str] = {}
    with ExitStack() as stack:

        def run(command: str, service: str) -> subprocess.Popen[str]:
            told = ",".join(f"{name}={url}" for name, url in urls.items())
            own = {"SERVICES": service, "SERVICE_URLS": told}
            arguments = [sys.executable, "manage.py", command]
            return stack.enter_context(running(arguments, cwd=ROOT, env=environment | own))

        # Who is called knows the other's address, for the keys that its tokens are signed by.
        for service in (OURS, THEIRS):
            process = run("serve", service)
            urls[service] = wait_for_line(process, r"at http")[-1].split()[-1]
        for service in (THEIRS, OURS):
            run("worker", service)
        yield Caller(urls=urls, key=done.stdout.split()[-1])


def until(look: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    """Look until it is done, or for two minutes."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not done(found := look()) and time.monotonic() < ends:
        time.sleep(0.2)
    assert done(found), found
    return found


def test_a_file_of_another_process_is_imported_and_its_errors_go_there(caller: Caller) -> None:
    content = b"code,name\nDE,Germany\nNowhere,None\nFR,\n"
    file = caller.call("PUT", f"{caller.urls[THEIRS]}/files/api/files/countries.csv", content)
    assert caller.ask(TABLE)["createDataTable"]["error"] is None

    made = caller.ask(IMPORT, file=file["id"])["createImportJob"]["importJob"]["id"]

    def look() -> Any:
        return caller.ask(LOOK, id=made)["importJob"]

    ready = until(look, lambda job: job["state"] in ("READY", "FAILED"))
    assert (ready["state"], ready["error"]) == ("READY", None)
    assert caller.ask(START, id=made)["startImportJob"]["error"] is None
    job = until(look, lambda job: job["state"] in ("DONE", "FAILED"))
    assert (job["state"], job["inserted"], job["failed"]) == ("DONE", 2, 1)

    address = f"{caller.urls[THEIRS]}/files/api/files/{job['errors']['id']}"
    headers = {"Authorization": f"Bearer {caller.key}"}
    found = until(
        lambda: urllib3.request("GET", address, headers=headers, timeout=30),
        lambda answer: bool(answer.status == 200),
    )
    assert found.data.splitlines()[1].endswith(b"Nowhere,None")
