"""The subgraphs as one supergraph: what a gateway in front of split services is told."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import urllib3
from django.conf import settings

from kernel.errors import UnavailableError

#: How long a service may take to print its SDL, connecting included.
DEADLINE_SECONDS = 10.0


class ComposerMissingError(Exception):
    """The composer cannot run here; says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that keeps services from being composed."""

    service: str
    code: str
    message: str


class CompositionError(Exception):
    """The services contradict each other, or one of them itself."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def endpoint(service: str, base_url: str) -> str:
    """Return where a gateway finds a service's subgraph; the base URL as in SERVICE_URLS."""
    return f"{base_url.rstrip('/')}/{service}/graphql"


def fetch_sdl(url: str, key: str) -> str:
    """Ask a subgraph for its SDL, with an API key unless that is empty.

    Raises UnavailableError when there is none to be had, with the service's own reason.
    """
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        response = urllib3.PoolManager(retries=False).request(
            "POST",
            url,
            body=orjson.dumps({"query": "{ _service { sdl } }"}),
            headers=headers,
            timeout=urllib3.Timeout(total=DEADLINE_SECONDS),
        )
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"{url} gives no answer ({type(error).__name__})") from None
    try:
        answer = orjson.loads(response.data)
        if answer.get("errors"):
            raise UnavailableError(f"{url} gives no SDL ({answer['errors'][0]['message']})")
        return str(answer["data"]["_service"]["sdl"])
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise UnavailableError(f"{url} gives no SDL (status {response.status})") from None


def compose(sdls: Mapping[str, str], urls: Mapping[str, str]) -> str:
    """Return the supergraph of services given by SDL, to be reached at these URLs.

    Raises CompositionError, or ComposerMissingError where Node.js or its packages are missing.
    """
    command = [*_composer(), *(f"{name}={urls[name]}" for name in sdls)]
    with TemporaryDirectory() as folder:
        for name, sdl in sdls.items():
            Path(folder, name).mkdir()
            Path(folder, name, "schema.graphql").write_text(sdl)
        command.insert(2, folder)
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  a fixed program # nosec B603
    if done.returncode == 0:
        return done.stdout
    try:
        problems = [Problem(**orjson.loads(line)) for line in done.stderr.splitlines()]
    except (orjson.JSONDecodeError, TypeError):
        raise ComposerMissingError(f"the composer failed: {done.stderr.strip()}") from None
    raise CompositionError(problems)


def _composer() -> list[str]:
    node = shutil.which("node")
    if node is None:
        raise ComposerMissingError(
            "composing needs Node.js 20 or later, and there is no `node` in PATH: install it"
        )
    folder = Path(settings.BASE_DIR) / "docker" / "gateway" / "composer"
    if not (folder / "node_modules").is_dir():
        raise ComposerMissingError(
            f"the composer is not installed: run `npm ci --prefix {_shown(folder)}` once"
        )
    return [node, str(folder / "compose.mjs")]


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
