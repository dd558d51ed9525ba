"""What the containers of the gateways would run, run as plain processes on the files they get."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kernel.services import BY_NAME
from tests.docker.image import dockerfile
from tests.gateway.stack import COMMANDS, ROOT, free_ports, installed, manage, running
from tests.node.packages import node

DOCKERFILE = (ROOT / "docker" / "gateway" / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = {
    stage.partition("\n")[0].rpartition(" AS ")[2]: stage
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
}


def command(instruction: str, stage: str) -> list[str]:
    """Return the words of a stage's CMD or HEALTHCHECK."""
    text = re.findall(rf"^{instruction}\b.*?(\[.*\])", STAGES[stage], re.MULTILINE)[-1]
    words: list[str] = json.loads(text)
    return words


def gateway_service() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "docker" / "compose.split.yaml").read_text())
    service: dict[str, Any] = content["services"]["gateway"]
    return service


def test_the_image_knows_each_service_where_compose_puts_it() -> None:
    inside = dockerfile().environment["PORT"]

    told = re.findall(r"(\w+)=(http://\S+)", STAGES["supergraph"])

    assert dict(told) == {name: f"http://{name}:{inside}/{name}/graphql" for name in BY_NAME}


def test_strangers_meet_the_limits_of_the_gateway_and_services_those_for_it() -> None:
    content = yaml.safe_load((ROOT / "docker" / "compose.split.yaml").read_text())

    limits = {content["services"][name]["environment"]["GRAPHQL_LIMITS"] for name in BY_NAME}

    assert limits == {"gateway"}


def test_the_container_has_no_more_rights_than_it_needs() -> None:
    service = gateway_service()

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ports"] == ["127.0.0.1:4000:4000"]
    assert "volumes" not in service
    assert [kind for kind in COMMANDS if "\nUSER 1000\n" not in STAGES[kind]] == []


def test_hive_gateway_is_what_is_built_if_nothing_else_is_said() -> None:
    assert list(STAGES)[-1] == "hive"


@pytest.mark.node
@pytest.mark.parametrize("kind", COMMANDS)
def test_what_is_copied_into_the_image_runs(kind: str, tmp_path: Path) -> None:
    image = tmp_path / "gateway"
    _copy(kind, image)
    installed("composer")
    data = str(tmp_path / "data")
    written = manage("supergraph", "--output", str(image / "supergraph.graphql"), DATA_DIR=data)
    assert written.returncode == 0, written.stderr
    (port,) = free_ports(1)
    environment = _environment(kind, image) | {"HOST": "127.0.0.1", "PORT": str(port)}

    def here(words: list[str]) -> list[str]:
        found = [word.replace("/gateway/", f"{image}/") for word in words]
        return [node() if word == "node" else word for word in found]

    def healthy() -> bool:
        check = here(command("HEALTHCHECK", kind))
        return subprocess.run(check, env=environment, check=False).returncode == 0

    with running(
        here(command("CMD", kind)), "Gateway at|Listening on", environment, cwd=image / kind
    ) as server:
        server.wait()
        assert healthy()
        assert server.stop() == 0
    assert not healthy()


def _environment(kind: str, image: Path) -> dict[str, str]:
    (given,) = re.findall(r"^ENV (.+)$", STAGES[kind], re.MULTILINE)
    told = dict(word.split("=", 1) for word in given.split())
    return {name: value.replace("/gateway/", f"{image}/") for name, value in told.items()}


def _copy(kind: str, image: Path) -> None:
    """Do what the COPY instructions of a stage do, and lay the packages beside."""
    (image / kind).mkdir(parents=True)
    for source, target in re.findall(r"^COPY (docker\S+\*\S+) (\S+)$", STAGES[kind], re.MULTILINE):
        folder = image if target == "/gateway/" else image / kind
        for file in ROOT.glob(source):
            shutil.copy(file, folder)
    (image / kind / "node_modules").symlink_to(installed(kind) / "node_modules")
