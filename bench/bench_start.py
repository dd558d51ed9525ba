"""How fast the platform starts, and how much memory it takes with all seven services.

Targets: `migrate` from nothing at most 15 s; first answer at most 3 s after start; at most 150 MB
resident in the web process after it has answered every service.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

import django

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
ROUNDS = 5
SERVICES = ("audit", "notifications", "files", "documents", "scheduler", "config", "importexport")


def main() -> None:
    """Run the rounds and print each target beside its figure."""
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" Django {django.get_version()}, {ROUNDS} rounds"
    )
    rounds = [one_round() for _ in range(ROUNDS)]
    report("migrate from nothing, s", [one["migrate"] for one in rounds], 15)
    report(
        "first start (migrate, demo data) to first answer, s",
        [one["first_start"] for one in rounds],
        15,
    )
    report("later start to first answer, s", [one["later_start"] for one in rounds], 3)
    report("resident after answering all services, MB", [one["rss"] for one in rounds], 150)


def one_round() -> dict[str, float]:
    """Measure in a data folder of its own."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "PORT": "0", "PYTHONUNBUFFERED": "1"}
        started = time.perf_counter()
        subprocess.run([*MANAGE, "migrate", "-v0"], env=environment, check=True)
        found["migrate"] = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "PORT": "0", "PYTHONUNBUFFERED": "1"}
        found["first_start"], key = answer_after(environment, found)
        found["later_start"], _ = answer_after(environment, found, key)
    return found


def answer_after(
    environment: dict[str, str], found: dict[str, float], key: str = ""
) -> tuple[float, str]:
    """Start, ask every service once, and return the seconds to the first answer."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*MANAGE, "dev"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        said = ""
        for line in process.stdout or ():
            said += line
            if "Septet is at" in line:
                break
        url = re.search(r"http://\S+", said).group()  # type: ignore[union-attr]
        key = key or re.search(r"septet_\w+", said).group()  # type: ignore[union-attr]
        ask(f"{url}/graphql", key)
        seconds = time.perf_counter() - started
        for service in SERVICES:
            ask(f"{url}/{service}/graphql", key)
        for path in ("/", "/metrics", "/sign-in/", "/health/ready"):
            urllib.request.urlopen(url + path, timeout=10).read()
        found["rss"] = resident(process.pid)
    finally:
        process.terminate()
        process.wait()
    return seconds, key


def ask(url: str, key: str) -> None:
    """Run one operation; anything but data is an error."""
    request = urllib.request.Request(
        url,
        json.dumps({"query": "{ __schema { types { name fields { name } } } }"}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert "errors" not in json.load(response)


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1000  # type: ignore[union-attr]


def report(name: str, figures: list[float], target: float) -> None:
    """Print the median with its spread, and whether the target is met."""
    middle = median(figures)
    verdict = "met" if middle <= target else "MISSED"
    print(
        f"{name:<55} {middle:8.2f}  ({min(figures):.2f} to {max(figures):.2f})"
        f"  target {target}: {verdict}"
    )


if __name__ == "__main__":
    main()
