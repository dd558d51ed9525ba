"""What docker/Dockerfile and the compose files say, so that tests can do it without an engine."""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The last stage of the Dockerfile."""

    environment: dict[str, str]
    entrypoint: list[str]
    command: list[str]
    healthcheck: list[str]
    user: str

    def argv(self, service: dict[str, Any]) -> list[str]:
        """Return what a container of this compose service runs, by the Python of the tests."""
        return as_here([*self.entrypoint, *service.get("command", self.command)])

    def process_environment(self, service: dict[str, Any], **replaced: str) -> dict[str, str]:
        """Return the variables of such a container, with those replaced that differ here."""
        # What a compose file takes from its caller, and nobody gave: `${NAME:-default}`.
        told = {
            name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
            for name, value in service.get("environment", {}).items()
        }
        given = {**self.environment, **told}
        return {**given, **replaced, "PATH": os.environ["PATH"]}


def as_here(argv: list[str]) -> list[str]:
    """Return a command of the image for this machine, whose Python is elsewhere."""
    return [sys.executable if word == "python" else word for word in argv]


def dockerfile() -> Image:
    """Read the instructions of the last stage."""
    text = (ROOT / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    stage = text[text.rindex("\nFROM ") :]

    def last(instruction: str) -> str:
        return re.findall(rf"^{instruction} +(.+)$", stage, re.MULTILINE)[-1]  # type: ignore[no-any-return]

    return Image(
        environment=dict(word.split("=", 1) for word in shlex.split(last("ENV"))),
        entrypoint=json.loads(last("ENTRYPOINT")),
        command=json.loads(last("CMD")),
        healthcheck=json.loads(last("HEALTHCHECK").partition(" CMD ")[2]),
        user=last("USER"),
    )


def compose(name: str, *, ours: bool = True) -> dict[str, dict[str, Any]]:
    """Return the services of a compose file that run our image, or the others."""
    return {
        key: each
        for key, each in services_of(name).items()
        if (each.get("build", {}).get("dockerfile") == "docker/Dockerfile") is ours
    }


def services_of(name: str) -> dict[str, dict[str, Any]]:
    """Return the services of a compose file, with those that it includes and what they extend."""
    content = yaml.safe_load((ROOT / "docker" / name).read_text())
    found: dict[str, dict[str, Any]] = {}
    for other in content.get("include", []):
        found |= services_of(other)
    for key, each in content["services"].items():
        base: dict[str, Any] = {}
        if extended := each.pop("extends", None):
            base = services_of(extended["file"])[extended["service"]]
        environment = {**base.get("environment", {}), **each.get("environment", {})}
        found[key] = {**base, **each, "environment": environment}
    return found


def unknown(names: Iterable[str]) -> set[str]:
    """Return those names of variables that are no settings, nor read by boto3."""
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    known = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    return {one for one in names if one not in known and not one.startswith("AWS_")}


def copy_into(folder: Path) -> None:
    """Copy what .dockerignore lets into the image."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], folder / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
