"""Logs that were recorded before a migration are there after it, proved, known and walled in."""

from pathlib import Path

import pytest
from django.db import connection

from kernel.testing.processes import run_on_empty_database

PROGRAM = Path(__file__).with_name("migrations_program.py")


@pytest.mark.django_db
def test_what_was_recorded_before_there_were_partitions(tmp_path: Path) -> None:
    found = run_on_empty_database(PROGRAM, tmp_path, SERVICES="audit", LOG_LEVEL="ERROR")

    first = "first" if connection.vendor == "postgresql" else ""
    assert found == {
        "logs": ["step.0", "step.1", "step.2", "step.3"],
        "known": [True, False, False],
        "conflict": "CONFLICT",
        "found by a word": 4,
        "found by a target": 4,
        "problem": "",
        "kept in": first,
        "refused": ["append-only"] * 5,
    }
