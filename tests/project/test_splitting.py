"""What `dev --split` runs, and that who ends is started again while all lines become one log."""

import os
import signal
import sys
from threading import Event

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from kernel.services import BY_NAME
from project.splitting import Part, Running, parts_of_platform, ports_from

GIVE_UP_SECONDS = 60


def test_each_service_is_a_process_at_its_own_port() -> None:
    ports = ports_from(None)
    parts = {part.name: part for part in parts_of_platform(ports)}

    assert list(parts)[:7] == list(BY_NAME)
    assert parts["files"].environment["SERVICES"] == "files"
    assert parts["files"].environment["PORT"] == "3004"
    assert "files=http://127.0.0.1:3004" in parts["audit"].environment["SERVICE_URLS"]
    assert parts["files"].environment["MESH_ADDRESS"] == "http://127.0.0.1:3004"
    assert parts["worker"].environment["SERVICES"] == "all"
    assert parts["files"].environment["MESH_REGISTRY"] != "off"


def test_other_ports_are_counted_from_the_first() -> None:
    ports = ports_from(8100)

    assert list(ports.values()) == list(range(8100, 8109))


def test_with_kafka_events_have_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [part.name for part in parts_of_platform(ports_from(None))]
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ("localhost:9092",))
    with_kafka = [part.name for part in parts_of_platform(ports_from(None))]

    assert names[7:] == ["worker"]
    assert with_kafka[7:] == ["worker", "relay", "consume"]


def test_who_ends_is_started_again_and_all_end_together() -> None:
    lines, again = list[str](), Event()
    program = (
        "import os, sys, time; sys.stdout.buffer.write(b'\\xff\\n');"
        " print('begun', os.getpid(), flush=True); time.sleep(600)"
    )

    def say(line: str) -> None:
        lines.append(line)
        if sum("begun" in one for one in lines) == 2:
            again.set()

    running = Running(say)
    part = Part(name="files", command=(sys.executable, "-c", program), begun="begun")
    try:
        assert running.start(part).wait(GIVE_UP_SECONDS)
        os.kill(int(lines[1].split()[-1]), signal.SIGKILL)
        assert again.wait(GIVE_UP_SECONDS)
    finally:
        running.stop(GIVE_UP_SECONDS)

    last = int(lines[-1].split()[-1])
    assert [line.partition(" |")[0].strip() for line in lines] == ["files"] * 5
    # What is no text is shown as well as it can be.
    assert lines[0].endswith("\N{REPLACEMENT CHARACTER}")
    assert lines[2].endswith("ended with -9, and is started again")
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_only_all_seven_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICES", ("files",))

    with pytest.raises(CommandError, match="leave SERVICES out"):
        call_command("dev", "--split")
