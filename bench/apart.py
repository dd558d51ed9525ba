"""What benches share that measure in processes of their own, with real servers beside them."""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEVSERVICES = ROOT / "tests" / "devservices" / "devservices"


def print_machine() -> None:
    """Say on what is measured, and how busy it is."""
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
        f" Python {platform.python_version()}",
        flush=True,
    )


@contextmanager
def own_environment(**more: str) -> Iterator[dict[str, str]]:
    """An installation in a folder that goes away, on SQLite where no server is beside it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = os.pathsep.join(str(ROOT / name) for name in ("platform", ".", "bench"))
        environment = os.environ | {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": paths,
        }
        environment.pop("DATABASE_URL", None)
        yield environment | more


def migrated(services: str) -> None:
    """Make the tables of these services, in a process whose memory is nobody's."""
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v", "0"]
    subprocess.run(command, env=os.environ | {"SERVICES": services}, check=True)


def run_here(environment: dict[str, str], *servers: str, **options: Any) -> None:
    """Run this script once more, as `here`, with these of `devservices` beside it."""
    again = [sys.executable, sys.argv[0], "here"]
    command = [DEVSERVICES, "run", *servers, "--", *again] if servers else again
    subprocess.run(command, env=environment, check=True, **options)


def on_each_database(*servers: str, **more: str) -> None:
    """Run this script once more on SQLite, then on PostgreSQL with these servers beside it."""
    print_machine()
    with own_environment(**more) as environment:
        print("SQLite", flush=True)
        run_here(environment)
        print("PostgreSQL", flush=True)
        run_here(environment, "postgres", *servers)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_memory() -> float:
    """Return how many MB this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def verdict(
    what: str, figure: float, *, at_least: float | None = None, at_most: float | None = None
) -> None:
    """Say whether a target is met; a bench goes on all the same."""
    met = (at_least is None or figure >= at_least) and (at_most is None or figure <= at_most)
    wanted = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
    print(f"TARGET {what}: {figure:.2f}, {wanted}: {'met' if met else 'MISSED'}", flush=True)
