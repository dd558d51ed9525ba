"""`python -m scripts.suite`: run the tests, and those that failed once more, each by itself.

Thousands of tests with real servers share two cores; a few look at how long something takes, and
may fail for their neighbours alone. What fails by itself too has failed. What then passes is named
at the end, for it wants looking at. Takes the arguments of pytest.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

#: With more than these it is not their neighbours.
AT_MOST = 15


def main(arguments: Sequence[str]) -> int:
    """Run the suite, and say with what pytest ended."""
    with tempfile.TemporaryDirectory(prefix="septet-suite-") as folder:
        told = [*arguments, "-o", f"cache_dir={folder}"]
        ended_with = _pytest(told)
        failed = _failed(Path(folder))
        if ended_with != 1 or not 0 < len(failed) <= AT_MOST:
            return ended_with
        print(f"\nOnce more, one after the other: the {len(failed)} that failed.", flush=True)
        ended_with = _pytest([*told, "-n", "0", "--last-failed", "--last-failed-no-failures=none"])
        passed = sorted(set(failed) - set(_failed(Path(folder))))
    if ended_with in (0, 1):
        for name in passed:
            print(f"PASSED ONLY ALONE {name}")
    return ended_with


def _pytest(arguments: Sequence[str]) -> int:
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments]) as process:  # noqa: S603  # nosec B603
        while True:
            # Who interrupts us interrupts it too, and it has servers to stop.
            with suppress(KeyboardInterrupt):
                return process.wait()


def _failed(folder: Path) -> list[str]:
    found = folder / "v" / "cache" / "lastfailed"
    return list(json.loads(found.read_text())) if found.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
