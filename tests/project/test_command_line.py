"""All commands of ours are alike: told, for programs too, with three exit codes."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management.base import BaseCommand

from project.management.commands.commands_reference import (
    arguments_of,
    own_commands,
    parsers_of,
)
from project.reference import ReferenceCommand

COMMANDS = own_commands()
#: Commands without `--json`, and why.
UNTOLD = {
    "config_export": "what it writes is the result",
    "consume": "it runs until it is ended, and logs",
    "demo": "it is for people, who are shown secrets once",
    "dev": "it runs until it is ended, and logs",
    "events_reference": "it writes files",
    "migrate": "it is Django's",
    "relay": "it runs until it is ended, and logs",
    "schema": "it writes files",
    "serve": "it runs until it is ended, and logs",
    "supergraph": "what it writes is the result",
    "worker": "it runs until it is ended, and logs",
}
_ENDS = re.compile(r"(?:returncode=|SystemExit\(|sys\.exit\()(\w+)")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_all_that_it_takes_are_told(name: str) -> None:
    command = COMMANDS[name]

    assert command.help
    untold = [
        f"{called} {one.dest}"
        for called, parser in parsers_of(name, command).items()
        for one in arguments_of(command, parser)
        if not one.help
    ]
    assert untold == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_programs_what_it_tells_people(name: str) -> None:
    command = COMMANDS[name]
    told = [
        any(one.dest == "json" for one in parser._actions)
        for parser in parsers_of(name, command).values()
    ]

    if isinstance(command, ReferenceCommand):
        assert not any(told), "it writes a page"
    else:
        assert all(told) == (name not in UNTOLD)


def test_whatever_is_without_json_is_a_command() -> None:
    assert UNTOLD.keys() <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_as_the_page_says(name: str) -> None:
    source = inspect.getsource(sys.modules[COMMANDS[name].__module__])

    assert set(_ENDS.findall(source)) <= {"1", "2", "code"}


@pytest.mark.parametrize("name", COMMANDS)
def test_progress_is_for_terminals(name: str) -> None:
    # A carriage return in a log or a pipe is noise.
    source = inspect.getsource(sys.modules[COMMANDS[name].__module__])

    assert '"\\r"' not in source or "isatty()" in source


def test_what_is_wrongly_called_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "jobs", "nonsense"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "invalid choice: 'nonsense'" in done.stderr


def test_the_tab_key_completes_commands_and_their_options() -> None:
    completed = {
        line: subprocess.run(
            ["bash", "-c", _TAB, "bash", sys.executable, *line.split(" ")],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for line in ("manage.py audit_v", "manage.py audit_verify --js")
    }

    assert completed == {
        "manage.py audit_v": ["audit_verify"],
        "manage.py audit_verify --js": ["--json"],
    }


#: What bash does when the tab key is pressed behind the last word.
_TAB = """
source scripts/completion.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_septet_complete "$1" "${@: -1}"
echo "${COMPREPLY[@]}"
"""


def test_every_command_is_ours_or_djangos() -> None:
    assert {"dev", "doctor", "jobs", "audit_verify", "schedule"} <= COMMANDS.keys()
    assert all(isinstance(one, BaseCommand) for one in COMMANDS.values())
    assert (Path(settings.BASE_DIR) / "scripts" / "completion.bash").is_file()
