"""Rounds of archives in processes of their own, killed: no log is lost, and none is half gone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.audit.selectors.partitions import LOGS, TARGETS
from kernel.testing.processes import environment_beside
from tests.audit.beside import Beside
from tests.audit.receivers import receiver
from tests.nights import at_night

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

COUNT = 45
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def _no_partition_is_left() -> Iterator[None]:
    """Drop the one that the program has made: what it does is not undone with the test."""
    yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TARGETS}_2024_03, {LOGS}_2024_03")


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    """The program, with 45 logs of a month that has ended."""
    made = Beside(
        environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="audit"), "archive_program.py"
    )
    assert made.run("prepare")[0] == 0
    return made


def show(beside: Beside) -> dict[str, Any]:
    code, lines = beside.run("show")
    assert code == 0
    shown: dict[str, Any] = json.loads(lines[-1])
    assert (shown["problem"], shown["places"]) == ("", True)
    return shown


@pytest.mark.parametrize(
    "point",
    [
        "audit-archive-kept:1",
        "audit-logs-removed:2",
        *at_night("audit-archive-written:1", "audit-archive-checked:1"),
    ],
)
def test_a_round_that_is_killed_is_ended_by_the_next_and_no_log_is_lost(
    beside: Beside, point: str
) -> None:
    killed, _ = beside.run("retain", FAULT=point)
    between = show(beside)
    followed, _ = beside.run("retain")
    after = show(beside)

    assert (killed, followed) == (-9, 0)
    assert between["found"] == COUNT
    assert (after["live"], after["alone"], after["found"]) == (0, COUNT, COUNT)
    # What the first has left of an archive that was not made is gone: a file and its manifest.
    assert (after["states"], after["files"]) == (["archived"], 2)
    assert after["told"] == ["audit.archive.made.v1", "audit.archive.removed.v1"]
    assert after["on_record"] == ["audit.archive.made", "audit.archive.removed"]


def test_restoring_that_is_killed_goes_on_and_puts_no_log_back_twice(beside: Beside) -> None:
    beside.run("retain")

    killed, _ = beside.run("restore", FAULT="audit-logs-put-back:2")
    between = show(beside)
    followed, _ = beside.run("retain")
    after = show(beside)

    assert (killed, followed) == (-9, 0)
    assert (between["states"], between["live"], between["found"]) == (["restoring"], 40, COUNT)
    assert (after["states"], after["live"], after["found"]) == (["restored"], COUNT, COUNT)
    assert after["told"].count("audit.archive.restored.v1") == 1


@pytest.mark.parametrize("point", ["audit-places-kept:1", ""])
def test_an_expiry_that_is_killed_leaves_no_file_behind(beside: Beside, point: str) -> None:
    beside.run("retain")

    killed, _ = beside.run("expire", FAULT=point)
    between = show(beside)
    beside.run("retain")
    beside.run("jobs")
    after = show(beside)

    assert (killed, between["found"]) == ((-9, COUNT) if point else (0, 0))
    assert (after["found"], after["live"]) == (0, 0)
    assert (after["states"], after["files"]) == (["archived"], 2)
    assert after["told"].count("audit.archive.expired.v1") == 1


@pytest.mark.parametrize(
    ("point", "before"),
    [
        ("audit-checkpoint-told:2", 1),
        *at_night(("audit-checkpoint-drafted:1", 0), ("audit-checkpoint-told:1", 0)),
    ],
)
def test_a_checkpoint_whose_publishing_is_killed_is_published_everywhere_by_the_next(
    beside: Beside, tmp_path: Path, point: str, before: int
) -> None:
    folder = tmp_path / "published"
    with receiver() as (where, heard):
        places = {
            "AUDIT_CHECKPOINT_FOLDER": str(folder),
            "AUDIT_CHECKPOINTS_TO": f"http://{where}/in#{SECRET}",
            "OUTBOUND_ALLOWED": where,
        }
        killed, _ = beside.run("publish", FAULT=point, **places)
        between = len(heard)
        followed, _ = beside.run("publish", **places)
        verified = beside.run("show", **places)[1][-1]

    assert (killed, between, followed) == (-9, before, 0)
    # Told twice it is the same message.
    assert len({headers["Webhook-Id"] for headers, _ in heard}) == 1
    notes = [one.read_text() for one in folder.rglob("[0-9]*.txt")]
    assert notes == [json.loads(heard[-1][1])["data"]["note"]]
    assert json.loads(verified)["problem"] == ""


@pytest.mark.postgres
@pytest.mark.parametrize(
    "point", ["audit-partition-dropped:1", *at_night("audit-keys-forgotten:1")]
)
def test_a_partition_goes_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    beside = Beside(
        environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="audit"), "archive_program.py"
    )
    assert [beside.run(verb)[0] for verb in ("partition", "prepare", "retain")] == [0, 0, 0]

    killed, _ = beside.run("drop", FAULT=point)
    between = show(beside)
    followed, _ = beside.run("drop")
    after = show(beside)

    assert (killed, followed) == (-9, 0)
    assert (between["partition"], between["live"], between["found"]) == (True, COUNT, COUNT)
    assert (after["partition"], after["live"], after["found"]) == (False, 0, COUNT)
    assert after["states"] == ["archived"]
