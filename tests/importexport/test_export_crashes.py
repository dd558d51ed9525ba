"""An export in processes that are killed one after the other: each row is there once.

Each place outside has each file once, too. Between its yes and our commit nobody can tell the two
apart: a message that was taken then comes again, with the same id.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside
from tests.importexport.crashing import points_at_random
from tests.importexport.places import PASSWORD, Server, sftp_server
from tests.nights import at_night
from tests.notifications.receivers import SECRET, Receiver, receiving

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

PROGRAM = Path(__file__).with_name("export_crash_program.py")
#: Each kills another process in the middle of the same export, or of its deliveries.
POINTS = (
    "importexport-rows-written:7",
    "importexport-part-saved:2",
    "importexport-written:1",
    "mesh-upload-started:1",
    "importexport-stored:2",
    "importexport-delivered:1",
    "importexport-delivering:2",
    "importexport-delivered:1",
)


@dataclass
class Outside:
    """Where an export goes: somebody who is told of it, and a folder of a server."""

    hook: Receiver
    server: Server

    @property
    def places(self) -> list[dict[str, Any]]:
        """Return what names both."""
        hook = {"address": self.hook.url, "link_days": 1}
        return [
            {"name": "hook", "kind": "webhook", "settings": hook, "secret": SECRET},
            {"name": "server", "kind": "sftp", "secret": PASSWORD}
            | {"settings": self.server.settings(folder="in")},
        ]

    def assert_whole(self, sha256: dict[str, str]) -> None:
        """Each file is there as it is, and nothing beside it; messages are one, however often."""
        found = (self.server.folder / "in").iterdir()
        assert {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in found} == sha256
        assert len({post.id for post in self.hook.heard}) == 1
        for post in self.hook.heard:
            files = post.told["data"]["files"]
            assert {one["name"]: one["sha256"] for one in files} == sha256


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    folder = tmp_path / "server"
    folder.mkdir()
    with receiving() as hook, sftp_server(folder) as server:
        yield Outside(hook, server)


def run(folder: Path, outside: Outside, format_: str, *points: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, PROGRAM, format_, json.dumps(outside.places), *points],
        cwd=settings.BASE_DIR,
        env=environment_beside(
            folder,
            LOG_LEVEL="ERROR",
            SERVICES="importexport,files",
            OUTBOUND_ALLOWED=f"{outside.hook.host},127.0.0.1:{outside.server.port}",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def assert_whole(shown: dict[str, Any], format_: str) -> None:
    """There are two files, nothing beside them, and each event once."""
    names = [f"tables.countries-00{part}.{format_}" for part in (1, 2)]
    sha256 = shown.pop("sha256")
    assert sorted(sha256) == names
    assert shown == {
        "state": "ready",
        "rows": 2_000,
        "whole": True,
        "files": names,
        "left": 0,
        "events": [f"importexport.export.{one}.v1" for one in ("created", "finished", "started")],
        "deliveries": ["delivered", "delivered"],
        "told": ["importexport.delivery.delivered.v1"] * 2,
    }


def test_an_export_survives_a_kill_at_each_step_and_has_each_row_once(
    tmp_path: Path, outside: Outside
) -> None:
    shown = run(tmp_path, outside, "csv", *POINTS)

    assert shown.pop("killed") == [True] * len(POINTS)
    outside.assert_whole(shown["sha256"])
    assert_whole(shown, "csv")


@pytest.mark.parametrize(
    ("seed", "format_"),
    [(0, "csv"), *at_night(*((seed, ("csv", "jsonl")[seed % 2]) for seed in range(1, 20)))],
)
def test_an_export_survives_kills_at_random(
    tmp_path: Path, outside: Outside, seed: int, format_: str
) -> None:
    shown = run(tmp_path, outside, format_, *points_at_random(seed, 5))

    sys.stdout.write(f"{sum(shown.pop('killed'))} kills\n")
    outside.assert_whole(shown["sha256"])
    assert_whole(shown, format_)
