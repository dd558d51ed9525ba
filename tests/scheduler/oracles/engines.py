"""Engines of others, of Java and of Node, asked for the next times of many expressions at once.

They come by their own package managers, Maven and npm, and are asked in a process of their own.
Where one cannot be had, `Missing` says why.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
FETCH_SECONDS = 300
ASK_SECONDS = 900


class MissingError(Exception):
    """An engine cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An expression, where and from when on."""

    text: str
    zone: str
    after: datetime
    count: int = 4


#: The next times, or nothing where an engine does not read the expression.
Answer = list[datetime] | None


class Engine:
    """One that answers line by line."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name, self._command, self._folder = name, command, folder

    def ask(self, cases: Sequence[Case]) -> list[Answer]:
        """Return the answers, one for each case."""
        lines = [
            f"{self.name}\t{one.text}\t{one.zone}\t{int(one.after.timestamp())}\t{one.count}"
            for one in cases
        ]
        told = subprocess.run(
            self._command,
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            cwd=self._folder,
            check=True,
        ).stdout.splitlines()
        if len(told) != len(cases):
            raise RuntimeError(f"{self.name} answered {len(told)} of {len(cases)}")
        return [_answer(line) for line in told]


def of_java(folder: Path) -> list[Engine]:
    """Return cron-utils and Quartz; raises MissingError."""
    for tool in ("mvn", "java", "javac"):
        _require(tool)
    classpath = folder / "classpath"
    shutil.copy(HERE / "pom.xml", folder)
    shutil.copy(HERE / "Oracle.java", folder)
    goal = f"-Dmdep.outputFile={classpath}"
    _fetch(["mvn", "-q", "-B", "dependency:build-classpath", goal], folder)
    path = f"{folder}:{classpath.read_text().strip()}"
    _fetch(["javac", "-cp", path, "Oracle.java"], folder)
    command = ["java", "-cp", path, "Oracle"]
    return [Engine(name, command, folder) for name in ("cron-utils", "quartz")]


def of_node(folder: Path) -> Engine:
    """Return croner; raises MissingError."""
    for tool in ("npm", "node"):
        _require(tool)
    shutil.copy(HERE / "package.json", folder)
    shutil.copy(HERE / "oracle.mjs", folder)
    _fetch(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
    return Engine("croner", ["node", "oracle.mjs"], folder)


def _require(tool: str) -> None:
    if shutil.which(tool) is None:
        raise MissingError(f"there is no {tool} here")


def _fetch(command: Sequence[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        raise MissingError(f"{command[0]} took over {FETCH_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        told = (error.stderr or error.stdout).decode(errors="replace").strip()
        raise MissingError(f"{command[0]}: {told[-300:]}") from None


def _answer(line: str) -> Answer:
    if line.startswith("!"):
        return None
    return [datetime.fromtimestamp(int(one), UTC) for one in line.split(",") if one]
