"""A Redis that dies under a process of the platform: no request fails, nobody is signed out."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from kernel.redis.clients import connect, primaries
from kernel.testing.migrated import copy_migrated
from tests.kernel.cache.waiting import eventually
from tests.kernel.database.clusters import SHOW, Process, environment_for, manage, served
from tests.kernel.redis.conftest import Kind
from tests.nights import at_night

pytestmark = pytest.mark.live

ROUNDS = 20
SIGN_IN = """
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from kernel.identity.sessions import SessionStore
request = HttpRequest()
request.session = SessionStore()
made = User.objects.create_superuser("root")
login(request, made, backend=settings.AUTHENTICATION_BACKENDS[0])
request.session.save()
print("session", request.session.session_key)
"""


@pytest.mark.parametrize("kind", ["single", *at_night("sentinel", "cluster")], indirect=True)
def test_a_redis_that_dies_fails_no_request_and_is_used_again(kind: Kind, tmp_path: Path) -> None:
    environment = environment_for(tmp_path, REDIS_URL=kind.url, SESSION_CACHE="true")
    copy_migrated(tmp_path / "septet.sqlite3")
    manage(environment, "tenant", "create", "acme")
    issued = json.loads(manage(environment, "key", "issue", "--tenant", "acme", "--json"))
    key = next(str(one) for one in issued.values() if str(one).startswith("septet_"))
    session = manage(environment, "shell", "-v0", "-c", SIGN_IN).split()[-1]

    with served(environment, key) as process:
        eventually(lambda: hears(process))
        before, _ = process.create("before")
        kind.kill_master()
        try:
            made = [process.create(f"meanwhile {number}")[0] for number in range(ROUNDS)]
            shown = [process.ask(SHOW, id=folder).folder for folder in [before, *made]]
            pages = [status_of_page(process, session) for _ in range(ROUNDS)]
        finally:
            if kind.name == "single":
                kind.start_again()
        try:
            eventually(lambda: hears(process) and keeps(process, kind, before))
        finally:
            if kind.name != "single":
                kind.start_again()

    assert [one["name"] for one in shown if one] == [
        "before",
        *(f"meanwhile {number}" for number in range(ROUNDS)),
    ]
    assert pages == [200] * ROUNDS


def hears(process: Process) -> bool:
    return process.figure("septet_cache_live") == 1


def keeps(process: Process, kind: Kind, folder: str) -> bool:
    """Empty Redis, ask, and say whether something is in it again."""
    masters = [*primaries(connect(kind.url))]
    for server in masters:
        server.flushall()
    process.ask(SHOW, id=folder)
    return any(server.dbsize() for server in masters)


def status_of_page(process: Process, session: str) -> int:
    with closing(HTTPConnection("127.0.0.1", process.port, timeout=60)) as client:
        client.request("GET", "/admin/", headers={"Cookie": f"sessionid={session}"})
        response = client.getresponse()
        response.read()
        return response.status
