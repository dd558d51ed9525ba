"""What failed is run once more alone; what fails again has failed."""

from pathlib import Path

import pytest

from scripts.suite import AT_MOST, main

#: Fails beside others, where xdist has made a process for it.
BESIDE = """
import os
def test_it_is_alone():
    assert "PYTEST_XDIST_WORKER" not in os.environ
"""
ALWAYS = """
import pytest
@pytest.mark.parametrize("number", range({}))
def test_it_fails(number):
    assert not number + 1
"""
FINE = "def test_it_is_fine(): pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tests of somebody else's, which know nothing of ours."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django\n")
    (tmp_path / "test_fine.py").write_text(FINE)
    return tmp_path


def run(folder: Path) -> int:
    return main(["-c", str(folder / "pytest.ini"), "-n", "1", "-q", str(folder)])


def test_what_fails_beside_others_and_passes_alone_has_passed_and_is_named(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "test_beside.py").write_text(BESIDE)

    assert run(folder) == 0

    printed = capfd.readouterr().out
    assert "1 failed, 1 passed" in printed
    assert "PASSED ONLY ALONE test_beside.py::test_it_is_alone" in printed


def test_what_fails_twice_has_failed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "test_always.py").write_text(ALWAYS.format(1))
    (folder / "test_beside.py").write_text(BESIDE)

    assert run(folder) == 1

    printed = capfd.readouterr().out
    assert "2 failed, 1 passed" in printed
    assert "PASSED ONLY ALONE test_beside.py::test_it_is_alone" in printed
    assert "PASSED ONLY ALONE test_always.py" not in printed


def test_where_much_fails_nothing_is_tried_again(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "test_always.py").write_text(ALWAYS.format(AT_MOST + 1))

    assert run(folder) == 1
    assert capfd.readouterr().out.count("failed, ") == 1


def test_a_suite_that_passes_is_run_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0
    assert capfd.readouterr().out.count("1 passed") == 1


def test_a_suite_that_cannot_be_read_has_failed(folder: Path) -> None:
    (folder / "test_broken.py").write_text("import nothing_of_the_kind\n")

    assert run(folder) != 0
