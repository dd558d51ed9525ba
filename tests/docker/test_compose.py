"""What Docker Compose itself makes of the compose files."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docker.image import ROOT
from tests.docker.tools import docker_compose

pytestmark = pytest.mark.live

#: What whoever starts them chooses.
CHOSEN = {"POSTGRES_PASSWORD": "p", "S3_PASSWORD": "s", "GRAFANA_PASSWORD": "g"}


def read(file: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [docker_compose(), "--file", file, *words],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def understood(name: str, *profiles: str, **environment: str) -> dict[str, Any]:
    chosen = [f"--profile={profile}" for profile in profiles]
    told = read(ROOT / "docker" / name, *chosen, "config", "--format=json", **environment)
    assert told.returncode == 0, told.stderr
    services: dict[str, Any] = json.loads(told.stdout)["services"]
    return services


def test_a_profile_is_one_process_or_a_web_process_with_all_it_needs() -> None:
    assert set(understood("compose.yaml", "embedded")) == {"septet"}
    assert set(understood("compose.yaml", "standard")) == {
        *("web", "worker", "relay", "consume", "migrate", "topics"),
        *("postgres", "redis", "kafka"),
    }


def test_split_brings_its_servers_and_watchers_and_signoz_by_a_profile() -> None:
    usual = set(understood("compose.split.yaml", **CHOSEN))
    beside = set(understood("compose.split.yaml", "signoz", **CHOSEN)) - usual

    assert usual >= {"gateway", "postgres", "replica", "pgbouncer", "redis", "kafka", "minio"}
    assert usual >= {"clamav", "prometheus", "alertmanager", "grafana"}
    assert beside == {
        *("collector", "signoz", "signoz-otel-collector", "signoz-migrate"),
        *("signoz-clickhouse", "signoz-zookeeper"),
    }


@pytest.mark.parametrize("name", CHOSEN)
def test_no_secret_of_the_split_has_a_default(name: str) -> None:
    others = {one: value for one, value in CHOSEN.items() if one != name}

    told = read(ROOT / "docker" / "compose.split.yaml", "config", "--quiet", **others)

    assert told.returncode != 0
    assert f"required variable {name} is missing a value" in told.stderr


@pytest.mark.parametrize("name", ["compose.yaml", "compose.split.yaml"])
def test_each_container_is_pinned_limited_and_has_time_to_end(name: str) -> None:
    for key, service in understood(name, "*", **CHOSEN).items():
        assert ":" in service["image"], key
        assert not service["image"].endswith(":latest"), key
        assert {"cpus", "mem_limit", "pids_limit"} <= service.keys() or _is_job(service), key
        assert service["security_opt"] == ["no-new-privileges:true"], key
        assert "restart" in service, key
        # Only this machine reaches what is published.
        assert {port["host_ip"] for port in service.get("ports", [])} <= {"127.0.0.1"}, key


def _is_job(service: dict[str, Any]) -> bool:
    return bool(service["restart"] == "no")


def test_the_check_itself_refuses_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: b, depends_on: [nobody]}}")

    assert read(file, "config", "--quiet").returncode != 0
