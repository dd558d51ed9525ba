"""Each command of the page about growing is one that its program knows."""

import re
import shlex
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from kernel.services import select
from tests.docker.image import unknown
from tests.docker.tools import docker_compose

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "growing.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line
]
#: What whoever starts containers chooses, and the platform is told by other names.
CHOSEN = {"POSTGRES_PASSWORD": "p", "S3_PASSWORD": "s", "GRAFANA_PASSWORD": "g"}


def words_of(line: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables that a line sets, and the command."""
    words = [word for word in shlex.split(line) if word != "export"]
    given = {}
    while words and (found := re.fullmatch(r"([A-Z]\w+)=(.*)", words[0])):
        given[found[1]] = found[2]
        words.pop(0)
    return given, words


def test_every_variable_is_a_setting_or_is_chosen_for_containers() -> None:
    named = {name for line in LINES for name in words_of(line)[0]}

    assert unknown(named - CHOSEN.keys()) == set()
    for line in LINES:
        if services := words_of(line)[0].get("SERVICES"):
            assert select(services)


def test_every_command_of_the_platform_is_there_and_takes_what_it_is_given() -> None:
    commands = [words for _, words in map(words_of, LINES) if words[:1] == ["python"]]

    assert len(commands) > 10
    for _, program, name, *arguments in commands:
        assert program == "manage.py"
        command = load_command_class(get_commands()[name], name)
        command.stderr = StringIO()  # type: ignore[assignment]
        # Ends the test where it does not understand.
        command.create_parser(program, name).parse_args(arguments)


@pytest.mark.live
def test_docker_compose_understands_every_command_of_containers() -> None:
    commands = [words for _, words in map(words_of, LINES) if words[:2] == ["docker", "compose"]]

    assert len(commands) > 3
    for _, _, *words in commands:
        where = words[: words.index("up")]
        assert not set(words[words.index("up") :]) - {
            *("up", "--build", "--detach", "--wait", "--scale", "worker=3")
        }
        told = subprocess.run(
            [docker_compose(), *where, "config", "--services"],
            cwd=ROOT,
            env=CHOSEN,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert told.stdout.split()


def test_what_is_given_to_kustomize_is_there() -> None:
    folders = [words[-1] for _, words in map(words_of, LINES) if words[:1] == ["kubectl"]]

    assert folders == ["docker/kubernetes/standard", "docker/kubernetes/split"]
    for folder in folders:
        assert (ROOT / folder / "kustomization.yaml").exists()


def test_what_is_said_of_cores_follows_from_the_table() -> None:
    rows = {
        what: (float(ours), float(database), int(rate))
        for what, ours, database, rate in re.findall(
            r"^\| (\w[\w ]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", PAGE, re.MULTILINE
        )
    }
    assert len(rows) == 3
    for what, (ours, database, rate) in rows.items():
        assert rate == pytest.approx(600 / (ours + database), abs=1), what

    pages, entries, ours, database = re.findall(
        r"(\d+) pages of 30 .* (\d+) entries .*\nthe platform takes ([\d.]+) .*PostgreSQL (\S+)\. ",
        PAGE,
    )[0]
    for column, told in ((0, ours), (1, database)):
        cores = int(pages) * rows["read a page of 30"][column]
        cores += int(entries) * rows["record an audit entry"][column]
        assert f"{cores / 600:.1f}" == told
