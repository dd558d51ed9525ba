"""Folders to work in: each of its own, and none left by whoever was killed."""

import os
import tempfile
from pathlib import Path

import pytest

from kernel.scratch import scratch

PREFIX = "septet-try-"


@pytest.fixture(autouse=True)
def among(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def killed() -> None:
    """Let a process have a folder, and end without a word."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    with scratch(PREFIX) as folder:
        (folder / "source").write_bytes(b"gigabytes")
        os._exit(0)


def test_what_was_left_behind_is_removed_and_what_is_held_stays(among: Path) -> None:
    (among / f"{PREFIX}of-others").mkdir()
    with scratch(PREFIX) as held:
        (held / "source").write_bytes(b"mine")
        killed()
        assert len(list(among.glob(f"{PREFIX}*"))) == 3

        with scratch(PREFIX) as other:
            assert other != held
            assert {one.name for one in among.iterdir()} == {
                *(held.name, other.name),
                f"{PREFIX}of-others",
            }
        assert (held / "source").read_bytes() == b"mine"

    assert [one.name for one in among.iterdir()] == [f"{PREFIX}of-others"]
