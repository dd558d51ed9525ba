"""A release is rolled out and taken back while requests go on: none of them fails."""

import io
import json
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.conf import settings

from kernel.testing.processes import running, wait_for_line
from scripts.migrations import RELEASED
from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.database.clusters import Process, as_role, environment_for

pytestmark = [pytest.mark.live, pytest.mark.nightly]

HERE = Path(settings.BASE_DIR)
ASKERS = 4
#: Of each operation, at least so often while two releases are side by side.
ROUNDS = 5
#: Between two requests of an asker: a load, and no measure of how many there can be.
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 600.0
#: Of each service a row, made by one process and read at the other: field, entity, input.
WRITES = (
    ("createFolder", "folder", 'name: "{name}"'),
    ("createFeatureFlag", "featureFlag", 'key: "{name}"'),
    ("createDocumentPartial", "documentPartial", r'name: "{name}", body: "{{\"blocks\": []}}"'),
    ("createJobSchedule", "jobSchedule", 'name: "{name}", cron: "@daily"'),
    ("createSubscriber", "subscriber", 'key: "{name}"'),
    (
        "createAuditLog",
        "auditLog",
        'action: "a.b", occurredAt: "2024-05-01T12:00:00Z", actor: {{type: "user", id: "{name}"}}',
    ),
)


def test_a_release_is_rolled_out_and_taken_back_and_no_request_fails(tmp_path: Path) -> None:
    before = the_release_before(tmp_path / "before")
    with own_servers() as servers, ExitStack() as stack:
        platform = Platform(servers, tmp_path, before)
        old = stack.enter_context(platform.of(before))
        asking = stack.enter_context(Asking.of(old))
        asking.go_on()

        platform.manage(HERE, "migrate", "-v0")
        asking.go_on()
        new = stack.enter_context(platform.of(HERE))
        asking.at(old, new)
        asking.go_on()
        asking.at(new)
        old.end()
        asking.go_on()

        # Taken back: what was there before comes again, on the tables of today.
        old = stack.enter_context(platform.of(before))
        asking.at(new, old)
        asking.go_on()
        asking.at(old)
        new.end()
        asking.go_on()

        assert asking.failed == []
        assert min(asking.done[name, tree] for name, *_ in WRITES for tree in (before, HERE)) > 0
        # By the old worker, the new one, and the old one again.
        workers = "SELECT count(DISTINCT worker) FROM jobs_job WHERE state = 'done'"
        until(lambda: platform.sql(workers) >= 3)
        assert platform.sql("SELECT count(*) FROM jobs_job WHERE state = 'failed'") == 0
        assert platform.sql("SELECT count(*) FROM events_redelivery WHERE state = 'dead'") == 0
        # Each of them writes all that a service can show, whatever the tables are by now.
        for tree in (before, HERE):
            platform.manage(tree, "demo")


def test_what_runs_before_is_told_of_by_what_it_lacks(tmp_path: Path) -> None:
    before = the_release_before(tmp_path / "before")
    lacks = migrations_of(HERE) - migrations_of(before)

    assert lacks
    assert not migrations_of(before) - migrations_of(HERE)


def migrations_of(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.glob("[ap]*/**/migrations/0*.py")}


def the_release_before(place: Path) -> Path:
    """Put the last release that lacks a migration of today into a folder, as git has it."""

    def git(*arguments: str) -> bytes:
        done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"no history: {done.stderr.decode()}")
        return done.stdout

    record = str(RELEASED.relative_to(HERE))
    released = git("log", "-1", "--format=%H", "--", record).decode().strip()
    if not released:
        pytest.skip("no history")
    listed = git("ls-tree", "-r", "--name-only", released, "apps", "platform").decode().split()
    if migrations_of(HERE) <= set(listed):
        released += "^"
    with tarfile.open(fileobj=io.BytesIO(git("archive", released))) as packed:
        packed.extractall(place, filter="data")
    return place


@dataclass(frozen=True)
class Release:
    """A server and a worker of one release."""

    tree: Path
    web: Process
    processes: list[subprocess.Popen[str]]

    def end(self) -> None:
        """Tell both to end, and wait until they have: what they have begun is done by then."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            told, _ = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, told


class Platform:
    """One database, and releases that work on it."""

    def __init__(self, servers: Servers, folder: Path, tree: Path) -> None:
        self._url = servers.up("postgres")["DATABASE_URL"]
        (folder / "data").mkdir()
        self._environment = environment_for(
            folder / "data",
            DATABASE_SYSTEM_URL=self._url,
            DATABASE_URL=as_role(self._url),
            SERVICES="all",
            # Who sends requests hears of the end only after it has begun.
            DRAIN_TIME="3s",
            STOP_TIMEOUT="120s",
        )
        self.manage(tree, "migrate", "-v0")
        self.manage(tree, "tenant", "create", "acme")
        issued = json.loads(self.manage(tree, "key", "issue", "--tenant", "acme", "--json"))
        self._key = next(one for one in issued.values() if str(one).startswith("septet_"))

    def manage(self, tree: Path, *arguments: str) -> str:
        """Run a command of a release to its end."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=tree,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    @contextmanager
    def of(self, tree: Path) -> Iterator[Release]:
        """Run a release."""
        manage = [sys.executable, "manage.py"]
        with (
            running([*manage, "worker"], cwd=tree, env=self._environment) as worker,
            running([*manage, "serve"], cwd=tree, env=self._environment) as server,
        ):
            line = wait_for_line(server, r"http://\S+:\d+")[-1]
            web = Process(int(line.strip().rpartition(":")[2]), self._key)
            yield Release(tree, web, [server, worker])

    def sql(self, statement: str) -> Any:
        """Return the first column of the first row."""
        with psycopg.connect(self._url) as connection:
            found = connection.execute(statement).fetchone()
        return found and found[0]


@dataclass
class Asking:
    """Threads that write at one process and read at another, one request after the other."""

    targets: tuple[Release, ...]
    failed: list[str] = field(default_factory=list)
    #: How often each operation went well, by its name and the release that wrote.
    done: Counter[tuple[str, Path]] = field(default_factory=Counter)
    ended: Event = field(default_factory=Event)
    _numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    @contextmanager
    def of(cls, *targets: Release) -> Iterator["Asking"]:
        asking = cls(targets)
        threads = [Thread(target=asking._ask) for _ in range(ASKERS)]
        for thread in threads:
            thread.start()
        try:
            yield asking
        finally:
            asking.ended.set()
            for thread in threads:
                thread.join()

    def at(self, *targets: Release) -> None:
        """Send what comes next to these, in turn."""
        self.targets = targets

    def go_on(self) -> None:
        """Return when there were some more of each operation, at each of the targets."""
        before, targets = Counter(self.done), self.targets
        pairs = [(name, release.tree) for name, *_ in WRITES for release in targets]
        until(lambda: all(self.done[one] - before[one] >= ROUNDS for one in pairs) or self.failed)

    def _ask(self) -> None:
        while not self.ended.wait(PAUSE_SECONDS):
            number = next(self._numbers)
            targets = self.targets
            name, entity, wanted = WRITES[number % len(WRITES)]
            turn = number // len(WRITES)
            writer, reader = (targets[(turn + one) % len(targets)] for one in range(2))
            told = wanted.format(name=f"n{number}")
            try:
                made = writer.web.ask(
                    f"mutation {{ made: {name}(input: {{{told}}})"
                    f" {{ {entity} {{ id }} error {{ code message }} }} }}"
                )
                assert made.body["data"]["made"]["error"] is None, made.body
                id_ = made.body["data"]["made"][entity]["id"]
                shown = reader.web.ask(f'{{ {entity}(id: "{id_}") {{ id }} }}')
                assert shown.body == {"data": {entity: {"id": id_}}}, shown
                self.done[name, writer.tree] += 1
            except Exception as error:  # noqa: BLE001  each is a request that failed
                self.failed.append(f"{name} at {writer.tree}, then {reader.tree}: {error!r}")


def until(true: Callable[[], object]) -> None:
    """Return once it is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.05)
