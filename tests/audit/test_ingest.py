"""Files of records become logs: once, whatever happens in between."""

import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.audit.models import AuditLog
from kernel.identity.models import Tenant

pytestmark = pytest.mark.usefixtures("tenant")


def ingest(file: Path, tenant: Tenant, mapping: str = "septet") -> list[dict[str, Any]]:
    """Run the command and return what it reported, the totals last."""
    out = StringIO()
    try:
        call_command(
            "audit_ingest",
            str(file),
            f"--tenant={tenant.slug}",
            f"--mapping={mapping}",
            "--json",
            stdout=out,
        )
    except CommandError as error:
        if error.returncode != 1:
            raise
    return [json.loads(line) for line in out.getvalue().splitlines()]


def a_line(**parts: Any) -> str:
    usual = {
        "action": "invoice.approved",
        "occurredAt": "2024-05-01T12:00:00Z",
        "actor": {"type": "user", "id": "u-1"},
    }
    return json.dumps(usual | parts)


def write(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "records.jsonl"
    path.write_bytes(
        b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n"
    )
    return path


def test_the_cloudtrail_file_is_recorded_once_however_often_it_is_read(
    tenant: Tenant, data_folder: Path
) -> None:
    file = data_folder / "cloudtrail" / "events.jsonl.gz"

    first, second = ingest(file, tenant, "cloudtrail"), ingest(file, tenant, "cloudtrail")

    assert first == [{"read": 1233, "recorded": 1233, "known": 0, "problems": 0}]
    assert second == [{"read": 1233, "recorded": 0, "known": 1233, "problems": 0}]
    assert AuditLog.objects.count() == 1233


def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_in(
    tenant: Tenant, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        a_line(action="first"),
        "",
        "{not json",
        '["a list"]',
        b"\xff\xfe",
        a_line(action=""),
        a_line(occurredAt="yesterday"),
        a_line(actor={"type": "user"}),
        '{"action": "x"}',
        a_line(action=7),
        a_line(targets=[{"type": "t", "id": "1", "colour": "red"}]),
        '{"padding": "' + "x" * 1_000_001 + '"}',
        "[" * 100_000,
        a_line(action="last"),
    )

    *problems, totals = ingest(file, tenant)

    assert [problem["line"] for problem in problems] == [3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 6]
    reasons = {problem["line"]: problem["problem"] for problem in problems}
    assert reasons[3].startswith("not JSON: ")
    assert reasons[4] == "an object was expected, found list"
    assert reasons[6] == "action is empty"
    assert reasons[9] == "the field occurredAt is missing"
    assert reasons[12] == "a line has at most 1000000 bytes"
    assert totals == {"read": 13, "recorded": 2, "known": 0, "problems": 11}
    recorded = AuditLog.objects.values_list("action", flat=True)
    assert sorted(recorded) == ["first", "last"]


@pytest.mark.parametrize(
    ("parts", "name"),
    [({"target": []}, "target"), ({"context": {"ip": "10.0.0.1"}}, "ip")],
)
def test_a_field_nobody_knows_is_told_and_nothing_is_recorded(
    tenant: Tenant, tmp_path: Path, parts: dict[str, Any], name: str
) -> None:
    file = write(tmp_path, a_line(**parts))

    problem, totals = ingest(file, tenant)

    assert problem["problem"].startswith(f"unknown field {name}, known are ")
    assert totals["recorded"] == 0
    assert AuditLog.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"id;name\n1;a\n" * 30, "not JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not JSON"),
        (b"\x89PNG\xff\xfe", "not JSON: it is not text"),
        (b"\x00\x00\x00\x80\x00\x00", "not JSON: it is not text"),
        (gzip.compress(b"plain text\n", mtime=0), "not JSON"),
    ],
)
def test_a_file_that_is_not_json_is_refused_in_one_sentence(
    tenant: Tenant, tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)

    with pytest.raises(CommandError) as caught:
        ingest(file, tenant)

    assert caught.value.returncode == 2
    assert str(caught.value).startswith(f"{file} is not a file of JSON lines: {reason}")
    assert "\n" not in str(caught.value)
    assert "codec" not in str(caught.value)
    assert AuditLog.objects.count() == 0


def test_a_file_that_breaks_off_keeps_what_came_before(tenant: Tenant, tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(a_line(idempotencyKey=f"k-{n}") for n in range(5000)).encode())
    file = tmp_path / "cut.gz"
    file.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(CommandError, match="ends or breaks after line"):
        ingest(file, tenant)
    file.write_bytes(whole)
    ingest(file, tenant)

    assert AuditLog.objects.count() == 5000


def test_a_compressed_file_that_is_damaged_is_told_in_one_sentence(
    tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "damaged.gz"
    file.write_bytes(gzip.compress(a_line().encode())[:10] + b"\xff" * 100)

    with pytest.raises(CommandError, match="ends or breaks after line") as caught:
        ingest(file, tenant)

    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_refused(tenant: Tenant, tmp_path: Path, file: str) -> None:
    with pytest.raises(CommandError, match="cannot be read") as caught:
        ingest(tmp_path / file, tenant)

    assert caught.value.returncode == 2


def test_an_unknown_tenant_is_refused_with_those_there_are(
    tenant: Tenant, data_folder: Path
) -> None:
    with pytest.raises(CommandError, match=f"no tenant nobody; there are {tenant.slug}"):
        call_command("audit_ingest", str(data_folder / "README.md"), "--tenant=nobody")


def test_lines_without_a_key_are_known_by_their_content(tenant: Tenant, tmp_path: Path) -> None:
    file = write(tmp_path, a_line(action="a"), a_line(action="b"), a_line(action="a"))

    first, second = ingest(file, tenant), ingest(file, tenant)

    assert first == [{"read": 3, "recorded": 2, "known": 1, "problems": 0}]
    assert second == [{"read": 3, "recorded": 0, "known": 3, "problems": 0}]


@pytest.mark.any_database
def test_killed_at_any_moment_it_resumes_without_loss_or_doubles(
    tmp_path: Path, data_folder: Path
) -> None:
    # A database of its own: the killed process must not share the test's transaction.
    environment = {
        "PATH": os.environ["PATH"],
        "SERVICES": "audit",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/ingest.sqlite3",
    }
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    subprocess.run(
        [*manage, "shell", "-c", MAKE_TENANT], env=environment, check=True, capture_output=True
    )
    records = [
        json.dumps(
            {
                "action": f"step.{n}",
                "occurredAt": "2024-05-01T12:00:00Z",
                "actor": {"type": "user", "id": "u-1"},
                "idempotencyKey": f"k-{n}",
            }
        )
        for n in range(6000)
    ]
    file = write(tmp_path, *records)
    command = [*manage, "audit_ingest", str(file), "--tenant=killed", "--json"]

    counts = []
    for _ in range(5):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        before = stored(tmp_path)
        while process.poll() is None and stored(tmp_path) < before + 500:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts.append(stored(tmp_path))
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    totals = json.loads(done.stdout)
    assert counts == sorted(counts)
    assert 0 < counts[0] < 6000
    assert totals == {
        "read": 6000,
        "recorded": 6000 - counts[-1],
        "known": counts[-1],
        "problems": 0,
    }
    assert stored(tmp_path) == 6000


MAKE_TENANT = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from kernel.identity.services import create_tenant
create_tenant(slug="killed", name="Killed")
"""


def stored(folder: Path) -> int:
    import sqlite3  # noqa: PLC0415  the database of the other process, past Django

    with sqlite3.connect(f"file:{folder}/ingest.sqlite3?mode=ro", uri=True) as database:
        count: int = database.execute("SELECT count(*) FROM audit_auditlog").fetchone()[0]
    return count
