"""The tutorial: its steps, taken in a copy of the project, give a service that works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "add-a-service.md").read_text(encoding="utf-8")
COPIED = (
    "apps",
    "docs",
    "manage.py",
    "platform",
    "pyproject.toml",
    "tests/conftest.py",
    "tests/data",
    "tests/devservices",
    "tests/sharing.py",
)
_FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDED = re.compile(
    r"^In `([\w/.]+)`, as the last of `(\w+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all that the page says to write."""
    there = tmp_path_factory.mktemp("project")
    for name in COPIED:
        (there / name).parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, there / name)
    for name, list_, text in _ADDED.findall(PAGE):
        file = there / name
        head, start, rest = file.read_text(encoding="utf-8").partition(f"\n{list_} = (\n")
        inside, end, tail = rest.partition("\n)\n")
        assert start, f"{name} has no {list_}"
        assert end, f"{list_} of {name} has no end"
        file.write_text(f"{head}{start}{inside}\n{text})\n{tail}", encoding="utf-8")
    for name, text in _FILE.findall(PAGE):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text(text, encoding="utf-8")
    return there


def run(line: str, project: Path) -> str:
    """Run a command of the page in the copy; return what it printed."""
    program, *arguments = shlex.split(line)
    command = {
        "python": [sys.executable],
        "lint-imports": [str(Path(sys.executable).with_name("lint-imports"))],
    }[program]
    path = os.pathsep.join([str(project), str(project / "platform")])
    done = subprocess.run(
        [*command, *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": path,
            "DATA_DIR": str(project / "var"),
            "SERVICES": "all",
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout[-4_000:]}{done.stderr[-4_000:]}"
    return done.stdout


@pytest.mark.nightly
def test_each_step_of_the_page_works_in_a_copy_of_the_project(project: Path) -> None:
    lines = [line for block in _COMMANDS.findall(PAGE) for line in block.splitlines()]
    assert len(lines) == 8

    told = {line: run(line, project) for line in lines}

    assert "3 passed" in told["python -m pytest -n 0 tests/glossary"]
    made = {path.relative_to(project).as_posix() for path in project.rglob("*glossary*")}
    assert "platform/contracts/schemas/glossary.term.defined.v1.json" in made
    assert (project / "apps/glossary/migrations/0001_initial.py").is_file()
    assert "type Term" in (project / "apps/glossary/schema.graphql").read_text(encoding="utf-8")
    assert "`defineTerm`" in (project / "docs/reference/operations.md").read_text(encoding="utf-8")
