"""Files that were there before a migration have the same bytes after it."""

from pathlib import Path

import pytest

from kernel.testing.processes import run_on_empty_database

PROGRAM = Path(__file__).with_name("migrations_program.py")


@pytest.mark.django_db
def test_what_a_file_had_becomes_its_first_version(tmp_path: Path) -> None:
    found = run_on_empty_database(PROGRAM, tmp_path, SERVICES="files", LOG_LEVEL="ERROR")

    assert found == [
        ["clean", 1, "files/ab/1", "clean", 0, [1, True, "septet"], True, True],
        ["quarantined", 1, "files/ab/2", "quarantined", 1, [1, True, "septet"], True, True],
        ["receiving", 0, True, True],
        ["infected", 1, "files/ab/3", "infected", 3, [1, True, "septet"], True, True],
    ]
