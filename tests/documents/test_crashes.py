"""Documents in processes that are killed one after the other: each is made once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside
from tests.nights import at_night

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

PROGRAM = Path(__file__).with_name("crash_program.py")
#: Each kills another process in the middle of the same batch.
POINTS = (
    "documents-items-read:3",
    "documents-item-made:60",
    "documents-joined:1",
    "mesh-upload-started:1",
    "documents-stored:1",
)
#: Of a large one also in each of its four lanes, before and after what is noted.
MANY = (
    *("documents-items-read:1", "documents-items-read:20"),
    *(f"documents-item-made:{at}" for at in (1, 9, 10, 11, 99, 130, 171)),
    *POINTS[2:4],
    "mesh-upload-noted:1",
    "documents-stored:1",
)


#: Of documents of PDFs that are made one after the other.
OF_PDFS = ("documents-files-read:1", "documents-rendered:1", "documents-stored:2")
#: At each step of one, then further and further on.
OF_MANY_PDFS = tuple(
    f"{point}:{at}"
    for at in (1, 1, 2, 3, 5)
    for point in (
        *("documents-files-read", "documents-rendered", "mesh-upload-started"),
        *("mesh-upload-noted", "documents-stored"),
    )
)


def gone_through(folder: Path, work: str, points: tuple[str, ...]) -> dict[str, Any]:
    """Let processes do some work until the last is not killed; return what there is then."""
    done = subprocess.run(
        [sys.executable, PROGRAM, work, *points],
        cwd=settings.BASE_DIR,
        env=environment_beside(folder, LOG_LEVEL="ERROR", SERVICES="documents,files"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    assert shown["killed"] == [True] * len(points)
    return shown


@pytest.mark.parametrize(("count", "points"), [(200, POINTS), *at_night((1_000, MANY))])
def test_a_batch_survives_a_kill_at_each_step_and_has_each_document_once(
    tmp_path: Path, count: int, points: tuple[str, ...]
) -> None:
    shown = gone_through(tmp_path, f"batch:{count}", points)

    assert (shown["state"], shown["counts"]) == ("ready", [count + 1, count, 1])
    assert shown["items"] == count + 1
    digits = len(str(count))
    names = [f"{at:0{digits}} Letter {at}.csv" for at in range(1, count + 1)]
    assert shown["names"] == [*names, "failed.csv"]
    assert shown["files"] == ["May.zip"]
    # One of each item, for going on.
    assert shown["kept"] == count
    told = [one for one in shown["events"] if one.startswith("documents.batch")]
    assert told == ["documents.batch.created.v1", "documents.batch.finished.v1"]


@pytest.mark.parametrize(("count", "points"), [(1, OF_PDFS), *at_night((20, OF_MANY_PDFS))])
def test_pdfs_that_are_files_survive_a_kill_at_each_step_and_are_made_once(
    tmp_path: Path, count: int, points: tuple[str, ...]
) -> None:
    shown = gone_through(tmp_path, f"pdfs:{count}", points)

    pages = {"Filled {}": 1, "Merged {}": 2, "Signed {}": 2, "Split {}, page 1": 1}
    titles = {title.format(at): pages[title] for title in pages for at in range(1, count + 1)}
    assert shown["documents"] == [[title, "ready", titles[title]] for title in sorted(titles)]
    assert shown["signed"] == sorted(title for title in titles if title.startswith("Signed"))
    given = ["0.pdf", "1.pdf", "form.pdf", "locked.pdf"]
    assert shown["files"] == sorted([*given, *(f"{title}.pdf" for title in titles)])
    assert (shown["kept"], shown["passwords"]) == (0, 0)
    assert shown["events"] == [
        f"documents.{told}.v1" for told in ("document.created", "document.ready") for _ in titles
    ] + ["documents.signingkey.created.v1"]


def test_a_template_made_in_word_survives_a_kill_at_each_step_and_is_told_of_once(
    tmp_path: Path,
) -> None:
    shown = gone_through(
        tmp_path, "upload", ("documents-upload-fetched:1", "documents-upload-kept:1")
    )

    assert shown["upload"] == ["ready", "docx", []]
    assert shown["document"] == "ready"
    assert shown["files"] == ["Filled.docx", "letter.docx"]
    # The template itself, under one key however often it was kept.
    assert shown["kept"] == 1
    assert shown["events"].count("documents.template.upload_checked.v1") == 1
