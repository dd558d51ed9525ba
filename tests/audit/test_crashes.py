"""Writers and sealers in processes of their own, killed: no gap, no double, all proofs good."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.audit.domain.notes import VerifierKey
from apps.audit.domain.receipts import check_receipt
from kernel.testing.processes import environment_beside, wait_for_line
from tests.audit.beside import Beside
from tests.nights import at_night

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]


def show(beside: Beside) -> dict[str, Any]:
    code, lines = beside.run("show")
    assert code == 0
    shown: dict[str, Any] = json.loads(lines[-1])
    return shown


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    return Beside(environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="audit"))


def assert_whole(shown: dict[str, Any], recorded: set[str]) -> None:
    """Every log that was said to be recorded is there, sealed once, and proved."""
    assert shown["problem"] == ""
    assert shown["unsealed"] == 0
    assert recorded <= set(shown["actions"])
    assert len(shown["actions"]) == len(set(shown["actions"])) == shown["size"]
    assert shown["positions"] == list(range(shown["size"]))
    keys = [VerifierKey.parse(shown["log"]["key"])]
    for receipt in shown["receipts"]:
        assert check_receipt(receipt, keys).size == shown["size"]


@pytest.mark.parametrize("point", ["audit-tiles", *at_night("audit-taken", "audit-signed")])
def test_a_sealer_that_is_killed_at_any_point_is_followed_by_another(
    beside: Beside, point: str
) -> None:
    assert beside.run("write", "w", "20")[0] == 0

    killed, _ = beside.run("seal", BATCH="15", FAULT=f"{point}:2")
    followed, said = beside.run("seal", BATCH="15")

    assert (killed, followed) == (-9, 0)
    assert said[-1] == "sealed 0"
    assert_whole(show(beside), {f"w{n}.{number}" for n in range(4) for number in range(20)})


@pytest.mark.parametrize("point", ["audit-erased", *at_night("audit-key-gone")])
def test_an_erasure_that_is_killed_has_not_happened_and_is_done_by_the_next(
    beside: Beside, point: str
) -> None:
    assert beside.run("tell")[0] == 0

    killed, _ = beside.run("erase", FAULT=f"{point}:1")
    between = json.loads(beside.run("states")[1][-1])
    followed, said = beside.run("erase")

    assert (killed, followed, said[-1]) == (-9, 0, "erased 1")
    assert between == {"seen": ["shown"], "keys": 1, "records": 0, "jobs": 0}
    after = json.loads(beside.run("states")[1][-1])
    assert after == {"seen": ["erased"], "keys": 0, "records": 1, "jobs": 1}


def test_a_stream_that_is_killed_behind_a_message_sends_that_again_and_loses_nothing(
    beside: Beside,
) -> None:
    assert beside.run("write", "w", "10")[0] == 0
    assert beside.run("seal")[0] == 0

    killed, first = beside.run("deliver", FAULT="audit-stream-sent:2")
    followed, second = beside.run("deliver")

    assert (killed, followed) == (-9, 0)
    messages = [[int(one) for one in line.split()[1:]] for line in (*first, *second)]
    tens = [list(range(start, start + 10)) for start in range(0, 40, 10)]
    assert messages == [tens[0], tens[1], tens[1], tens[2], tens[3]]


@pytest.mark.parametrize("point", ["audit-export-kept", *at_night("audit-export-page")])
def test_an_export_that_is_killed_begins_again_and_leaves_one_file(
    beside: Beside, point: str
) -> None:
    assert beside.run("write", "w", "100")[0] == 0

    killed, _ = beside.run("export", FAULT=f"{point}:1")
    between = json.loads(beside.run("exported")[1][0])
    followed, said = beside.run("export")

    assert (killed, followed) == (-9, 0)
    assert (between["state"], between["files"]) == ("running", int(point == "audit-export-kept"))
    # The record of the request is one of them: it was there when the job began.
    assert json.loads(said[0]) == {"state": "done", "logs": 401, "files": 1}
    assert said[1] == "told 1"


@pytest.mark.skipif("files" not in settings.SERVICES, reason="runs where the files service is")
@pytest.mark.parametrize(
    "point",
    [
        "mesh-upload-noted",
        "files-upload-published",
        *at_night("mesh-upload-started", "files-upload-noted", "audit-export-stored"),
    ],
)
def test_a_hand_over_that_is_killed_leaves_one_file_and_no_row_beside_it(
    beside: Beside, point: str
) -> None:
    beside.environment["SERVICES"] = "audit,files"
    for verb in (["write", "w", "20"], ["export"]):
        assert beside.run(*verb)[0] == 0

    killed, _ = beside.run("hand", FAULT=f"{point}:1")
    followed, said = beside.run("hand")

    assert (killed, followed) == (-9, 0)
    assert json.loads(said[0]) == {"rows": 1, "same": True, "bytes": [0, 1]}


@pytest.mark.parametrize(("at_once", "most"), [("30", "300"), *at_night(("1", "100000"))])
def test_eight_writers_in_two_processes_and_two_sealers_are_killed(
    beside: Beside, at_once: str, most: str
) -> None:
    recorded: set[str] = set()
    with ExitStack() as stack:
        beside.start(stack, "sealer")
        second = beside.start(stack, "sealer")
        writers = [beside.start(stack, "write", name, most, AT_ONCE=at_once) for name in "ab"]
        for writer in writers:
            recorded |= _said(wait_for_line(writer, r"recorded \w\d\.9$"))
        second.kill()
        third = beside.start(stack, "sealer")
        for writer in writers:
            recorded |= _said(wait_for_line(writer, r"recorded \w\d\.\d\d+$"))
            writer.kill()
            recorded |= _said(writer.stdout or [])
        third.kill()
    assert beside.run("seal")[0] == 0

    shown = show(beside)

    assert len(recorded) >= 22  # eleven of one writer in each process
    assert_whole(shown, recorded)


@pytest.mark.parametrize("point", ["audit-alert-raised", *at_night("audit-alert-seen")])
def test_an_alert_is_raised_once_whenever_its_watcher_is_killed(beside: Beside, point: str) -> None:
    assert beside.run("alert")[0] == 0
    assert beside.run("write", "w", "3")[0] == 0
    assert beside.run("seal")[0] == 0

    killed, _ = beside.run("raise", FAULT=f"{point}:1")
    between = show(beside)["alerts"]
    followed = [beside.run("raise")[0] for _ in range(2)]

    assert (killed, between, followed) == (-9, [], [0, 0])
    assert len(show(beside)["alerts"]) == 1


def test_a_writer_that_is_killed_in_a_batch_leaves_nothing_of_it(beside: Beside) -> None:
    killed, _ = beside.run("write", "w", "60", AT_ONCE="30", FAULT="audit-stored:3")

    again, _ = beside.run("write", "w", "60", AT_ONCE="30")

    assert (killed, again) == (-9, 0)
    assert beside.run("seal")[0] == 0
    shown = show(beside)
    assert shown["size"] == 4 * 60
    assert_whole(shown, {f"w{n}.{number}" for n in range(4) for number in range(60)})


def _said(lines: Iterable[str]) -> set[str]:
    # A process that is killed may leave half a line.
    return {line.split()[1] for line in lines if line.startswith("recorded ") and line[-1] == "\n"}
