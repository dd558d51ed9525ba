"""Dead letters for pages to show: some of each reason, written as rows, for nothing fails here."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

WHEN = "2026-05-01 12:00:00"
TENANT = UUID("01900000-0000-7000-8000-00000000000a")
#: Type, reason, message, how many.
REASONS = (
    ("files.file.deleted.v1", "CONFLICT", "told before, but otherwise", 3),
    ("scheduler.schedule.changed.v1", "INVALID_INPUT", "the cron has 6 fields, expected 5", 2),
    ("identity.apikey.revoked.v1", "INTERNAL", "OperationalError: disk I/O error", 1),
)


def _letter(number: int, type_: str, code: str, message: str) -> dict[str, Any]:
    event = UUID(int=TENANT.int + number)
    subject = f"0190f{number:03}-1111-7000-8000-000000000001"
    envelope = {
        "specversion": "1.0",
        "id": str(event),
        "type": type_,
        "source": "septet/files",
        "subject": subject,
        "tenant": str(TENANT),
        "data": {"file_id": subject, "name": "runways.csv"},
    }
    return {
        "group": "audit.trail",
        "event_id": event.hex,
        "type": type_,
        "tenant_id": TENANT.hex,
        "partition_key": f"{TENANT}/{subject}",
        "envelope": json.dumps(envelope),
        "origin": json.dumps({"topic": type_.rsplit(".", 2)[0], "offset": 1000 + number}),
        "state": "dead",
        "due_at": WHEN,
        "attempts": 1 if code != "INTERNAL" else 4,
        "error_class": "kernel.errors.ConflictError",
        "error_code": code,
        "error_message": message,
        "first_failed_at": WHEN,
        "last_failed_at": WHEN,
    }


LETTERS = [
    _letter(10 * place + number, type_, code, message)
    for place, (type_, code, message, count) in enumerate(REASONS)
    for number in range(count)
]


def write_letters(folder: Path) -> None:
    """Write them into the database of an embedded platform, unless they are there."""
    with closing(sqlite3.connect(folder / "septet.sqlite3", timeout=20)) as database:
        for row in LETTERS:
            columns = ", ".join(f'"{name}"' for name in row)
            places = ", ".join("?" * len(row))
            database.execute(
                f"INSERT OR IGNORE INTO events_redelivery ({columns}) VALUES ({places})",
                list(row.values()),
            )
        database.commit()
