"""Datasets of a service in this process and in another: the same answers, the same errors."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction

from contracts.datasets import Mode, Row, Wanted
from kernel.datasets import client
from kernel.errors import DomainError, NotFoundError, UnavailableError
from kernel.identity.models import Tenant
from kernel.identity.service_keys import keyring
from kernel.mesh.calling import Called
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.processes import running, wait_for_line

CALLER, CALLED = "importexport", "scheduler"
NAME = "scheduler.schedules"
ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).with_name("program.py")

needs_both = pytest.mark.skipif(
    not {CALLER, CALLED} <= set(settings.SERVICES), reason="runs where both services are"
)


@dataclass(frozen=True, slots=True)
class Split:
    """A process that serves the called service, and what a process beside it has to know."""

    folder: Path
    urls: dict[str, str]
    tenant_id: UUID


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """The services of a caller and of who is called, each in a process."""
    folder = tmp_path_factory.mktemp("split")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(folder),
        "PORT": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    migrated, prepared = (
        subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment | {"SERVICES": f"{CALLER},{CALLED}"},
            capture_output=True,
            text=True,
            check=True,
        )
        for command in (["manage.py", "migrate", "-v0"], [str(PROGRAM), "prepare"])
    )
    assert migrated.stdout == ""
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        for service in (CALLER, CALLED):
            told = ",".join(f"{name}={url}" for name, url in urls.items())
            process = stack.enter_context(
                running(
                    [sys.executable, "manage.py", "serve"],
                    cwd=ROOT,
                    env=environment | {"SERVICES": service, "SERVICE_URLS": told},
                )
            )
            urls[service] = wait_for_line(process, r"at http")[-1].split()[-1]
        yield Split(folder, urls, UUID(json.loads(prepared.stdout)))


@pytest.fixture(params=["here", pytest.param("there", marks=pytest.mark.processes)])
def tenant_id(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """A tenant, whose schedules are in this process or in another."""
    if request.param == "here":
        tenant: Tenant = request.getfixturevalue("tenant")
        yield tenant.pk
        return
    split: Split = request.getfixturevalue("split")
    monkeypatch.setattr(settings, "SERVICES", (CALLER,))
    monkeypatch.setattr(settings, "SERVICE_URLS", split.urls)
    keys = split.folder / "service_keys" / f"{CALLER}.json"
    monkeypatch.setattr(settings, "SERVICE_KEYS", keys)
    keyring.cache_clear()
    yield split.tenant_id
    keyring.cache_clear()


def code_of(work: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as caught:
        work()
    return f"{caught.value.code} {caught.value}"


@needs_both
@pytest.mark.django_db
def test_here_and_there_answer_alike(tenant_id: UUID) -> None:
    row = {"name": "nightly é", "cron": "0 3 * * *", "time_zone": "Asia/Tokyo", "enabled": False}
    rows: list[Row] = [row, {"name": "bad", "cron": "never"}, {**row, "name": "z"}]

    with acting_as(somebody(tenant_id)):
        dry = client.apply(NAME, batch="b.1", mode=Mode.UPSERT, rows=rows, dry=True)
        first = client.apply(NAME, batch="b.1", mode=Mode.UPSERT, rows=rows)
        again = client.apply(NAME, batch="b.1", mode=Mode.UPSERT, rows=rows)
        one = client.read(NAME, Wanted(limit=1, columns=("name", "cron", "time_zone", "enabled")))
        two = client.read(NAME, Wanted(limit=1, columns=("name",), after=one.next))
        off = client.read(NAME, Wanted(limit=5, columns=("name",), filters={"enabled": False}))
        told = client.describe(NAME)
        known = client.known(NAME, ["nightly é", "bad", "z", 7])
        refused = code_of(lambda: client.read(NAME, Wanted(limit=1, filters={"cron": "x"})))
        taken = code_of(lambda: client.apply(NAME, batch="b.1", mode=Mode.UPSERT, rows=rows[:1]))
        unknown = code_of(lambda: client.undo(NAME, batch="b.2"))
        brought = client.read_batch(NAME, batch="b.1")
        forgotten = code_of(lambda: client.read_batch(NAME, batch="b.2"))
        undone = client.undo(NAME, batch="b.1")
        left = client.read(NAME, Wanted(limit=5)).rows
    with acting_as(somebody(tenant_id, "tenant:read")):
        forbidden = code_of(lambda: client.read(NAME, Wanted(limit=1)))

    assert dry == first == again
    assert [(each.done, each.code) for each in first] == [
        ("inserted", ""),
        ("refused", "SCHEDULER_TIMES_REFUSED"),
        ("inserted", ""),
    ]
    assert (one.rows, two.rows, two.next) == ([row], [{"name": "z"}], "")
    assert known == {"nightly é", "z"}
    assert off.rows == [{"name": "nightly é"}, {"name": "z"}]
    assert (told.name, told.key, Mode.UPSERT in told.modes) == (NAME, ("name",), True)
    assert refused == (
        "INVALID_INPUT scheduler.schedules is filtered by enabled, time_zone, not by 'cron'"
    )
    assert taken.startswith("CONFLICT the batch b.1 of scheduler.schedules had other rows")
    assert unknown == forgotten
    assert unknown.startswith("NOT_FOUND no batch b.2 of scheduler.schedules is known")
    assert ([one["name"] for one in brought.rows], brought.changed) == (["nightly é", "z"], 2)
    assert (undone.undone, undone.kept, left) == (2, (), [])
    assert forbidden.startswith("FORBIDDEN this needs the scope scheduler:read")


def test_nothing_is_asked_inside_a_transaction(tenant: Tenant) -> None:
    with (
        acting_as(somebody(tenant.pk)),
        transaction.atomic(),
        pytest.raises(RuntimeError, match="never inside"),
    ):
        client.describe(NAME)


def test_what_is_nobodys_is_not_found(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)), pytest.raises(NotFoundError):
        client.describe("tables.mine")


class Answers:
    """Stands for the way to another service: gives answers in turn, and keeps what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, str]] = []
        self._answers = iter(answers)

    def __call__(self, _service: str, method: str, path: str, **_more: Any) -> Called:
        self.asked.append((method, path))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return Called(status=status, headers={}, body=json.dumps(body).encode())


def away(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> Answers:
    """Let every service be away, behind these answers."""
    there = Answers(*answers)
    monkeypatch.setattr(client, "call", there)
    monkeypatch.setattr(settings, "SERVICES", ())
    return there


@pytest.fixture
def principal(tenant: Tenant) -> Iterator[None]:
    """Somebody with every scope, acting."""
    with acting_as(somebody(tenant.pk)):
        yield


GONE = UnavailableError("gone")
BUSY = (503, {"errors": [{"message": "busy", "extensions": {"code": "UNAVAILABLE"}}]})
MUCH = (429, {"errors": [{"message": "later", "extensions": {"code": "RATE_LIMITED"}}]})
CODED = (409, {"errors": [{"message": "no", "extensions": {"code": "OF_ITS_OWN"}}]})
PAGE = (200, {"rows": [{"name": "a"}], "next": ""})


@pytest.mark.usefixtures("principal")
@pytest.mark.parametrize("failure", [GONE, BUSY, (502, "a page of a proxy")])
def test_what_got_no_answer_is_asked_once_more(
    monkeypatch: pytest.MonkeyPatch, failure: Any
) -> None:
    there = away(monkeypatch, failure, PAGE)

    page = client.read(NAME, Wanted(limit=1))

    assert page.rows == [{"name": "a"}]
    assert there.asked == [("GET", f"/scheduler/api/datasets/{NAME}/rows?limit=1")] * 2


@pytest.mark.usefixtures("principal")
@pytest.mark.parametrize("failure", [GONE, BUSY, MUCH])
def test_what_gets_none_twice_is_unavailable(monkeypatch: pytest.MonkeyPatch, failure: Any) -> None:
    away(monkeypatch, failure, failure)

    with pytest.raises(UnavailableError):
        client.read(NAME, Wanted(limit=1))


@pytest.mark.usefixtures("principal")
def test_an_error_of_the_services_own_is_final_as_it_is_in_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = away(monkeypatch, CODED)

    with pytest.raises(DomainError, match="no") as refused:
        client.read(NAME, Wanted(limit=1))

    assert (refused.value.code, refused.value.retryable) == ("OF_ITS_OWN", False)
    assert len(there.asked) == 1


@pytest.mark.usefixtures("principal")
def test_the_datasets_of_all_services_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    there = away(monkeypatch, *[(200, {"datasets": []})] * len(BY_NAME))

    # Members are in every process.
    assert [one.name for one in client.all_datasets()] == ["identity.members"]
    assert [path for _, path in there.asked] == [f"/{name}/api/datasets/" for name in BY_NAME]
