"""`manage.py dev` as a process: it listens where it is told and leaves nothing behind."""

import fcntl
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest
from django.conf import settings

from kernel.testing.processes import running, wait_for_line

ROOT = Path(settings.BASE_DIR)
DEV = [sys.executable, "manage.py", "dev"]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    usual = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    return usual | {"SERVICES": "config"} | more


def listening(pid: int) -> set[str]:
    """Return the addresses at which a process listens, as the kernel tells them."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed, so it listens no more
            inodes.add(str(link.readlink()))
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[3] == "0A" and f"socket:[{parts[9]}]" in inodes:
            address, port = parts[1].split(":")
            host = socket.inet_ntoa(bytes.fromhex(address)[::-1])
            found.add(f"{host}:{int(port, 16)}")
    return found


def _waits_for_a_lock(pid: int) -> bool:
    """Say whether the kernel has a process wait for a lock on a file."""
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any("->" in line and str(pid) in line for line in waiting)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "127.0.0.1:3007"),
        ({"PORT": "21977"}, "127.0.0.1:21977"),
        ({"HOST": "0.0.0.0", "PORT": "21978"}, "0.0.0.0:21978"),
    ],
)
def test_it_listens_just_where_it_is_told(
    tmp_path: Path, given: dict[str, str], expected: str
) -> None:
    with running(DEV, cwd=ROOT, env=environment(tmp_path, **given)) as process:
        wait_for_line(process, r"Septet is at ")

        assert listening(process.pid) == {expected}


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_when_told(tmp_path: Path, told: signal.Signals) -> None:
    with running(DEV, cwd=ROOT, env=environment(tmp_path, PORT="0")) as process:
        wait_for_line(process, r"Septet is at ")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()

        process.send_signal(told)
        rest, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Traceback" not in rest
    assert rest.splitlines()[-1] == "stopped"
    assert children == []


@pytest.fixture
def _interrupts_are_heard() -> Iterator[None]:
    """Shells have what they start in the background ignore them, and all that comes of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interrupts_are_heard")
def test_a_command_that_is_interrupted_ends_with_one_word(tmp_path: Path) -> None:
    # A lock that is held makes `dev` wait at a known place.
    with (tmp_path / "prepare.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        environ = environment(tmp_path, PORT="0")
        with running(DEV, cwd=ROOT, env=environ) as process:
            while not _waits_for_a_lock(process.pid):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)

    assert (process.returncode, said) == (130, "interrupted\n")


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    said = []
    for _ in range(2):
        with running(DEV, cwd=ROOT, env=environment(tmp_path, PORT="0")) as process:
            said.append("".join(wait_for_line(process, r"Septet is at ")))

    assert "septet_" in said[0]
    assert "septet_" not in said[1]
    assert "4 feature flags" in said[1]


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_taken_port_is_told_in_one_sentence_before_anything_is_done(
    tmp_path: Path, command: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=environment(tmp_path, PORT=port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "septet.sqlite3").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"DATA_DIR": "/dev/null"}, "septet cannot start: DATA_DIR=/dev/null: expected a folder"),
        ({"DATABASE_URL": "nonsense"}, "septet cannot start: DATABASE_URL=…: expected sqlite:///"),
        ({"DATABASE_URL": "sqlite:////dev/null/x"}, "the database says: unable to open database"),
    ],
)
def test_where_nothing_can_be_kept_is_told_in_one_sentence(
    tmp_path: Path, given: dict[str, str], told: str
) -> None:
    done = subprocess.run(
        DEV,
        cwd=ROOT,
        env=environment(tmp_path) | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in {1, 2}
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    # The secret key is given, because it too would be written.
    environ = environment(tmp_path, PORT="0", SECRET_KEY=token_hex(32))

    done = subprocess.run(
        DEV,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )

    assert done.returncode == 1
    assert done.stderr.startswith("the database says: ")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "septet.sqlite3").write_text("a letter, and no database\n" * 100)

    done = subprocess.run(
        DEV,
        cwd=ROOT,
        env=environment(tmp_path, PORT="0"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "the database says: file is not a database; `manage.py doctor` tells the repair\n"
    )


@pytest.mark.parametrize("pool", ["0", "4"])
def test_the_doctor_names_why_postgresql_does_not_answer(tmp_path: Path, pool: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgres://somebody:hunter2@127.0.0.1:{port}/septet"

    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment(tmp_path, DATABASE_URL=url, DATABASE_POOL_SIZE=pool),
        capture_output=True,
        text=True,
        check=False,
    )

    told = {line["check"]: line["detail"] for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert "Connection refused" in told["database"]
    assert "hunter2" not in done.stdout + done.stderr


def test_a_database_without_tables_is_told_in_one_sentence(tmp_path: Path) -> None:
    key = [sys.executable, "manage.py", "key", "issue", "--tenant", "demo"]

    done = subprocess.run(
        key, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == (
        "the database says: no such table: identity_tenant; `manage.py doctor` tells the repair\n"
    )


def test_it_is_ready_with_its_worker_and_pages(tmp_path: Path) -> None:
    with running(DEV, cwd=ROOT, env=environment(tmp_path, PORT="0")) as process:
        said = "".join(wait_for_line(process, r"Septet is at "))
        url = re.search(r"http://\S+", said).group()  # type: ignore[union-attr]

        pages = {
            path: urllib.request.urlopen(f"{url}{path}", timeout=10).status
            for path in (
                "/",
                "/health/live",
                "/health/ready",
                "/health/startup",
                "/metrics",
                "/graphiql",
                "/docs/config",
                "/sign-in/",
                "/.well-known/services",
                "/config/schema.graphql",
            )
        }

    assert set(pages.values()) == {200}
