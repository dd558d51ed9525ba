"""Cron expressions beside other libraries: microseconds to read one and find when it is due next.

    python bench/bench_scheduler_cron.py [--rounds 5]

`first` reads an expression that was not seen before; `again` finds the next time of one that was,
as the engine does. Others keep nothing between the two. Peers are compared where installed.
"""

import argparse
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path[:0] = [str(Path(__file__).parents[1])]

from apps.scheduler.domain.cron.evaluating import next_after  # noqa: E402  after the path is set
from apps.scheduler.domain.cron.expressions import read, read_anew  # noqa: E402  as above

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 5, 5, 5, 5, 5, tzinfo=UTC)
HERE = NOW.astimezone(ZONE)
EXPRESSIONS = {
    "every 5 min": "*/5 * * * *",
    "daily": "0 3 * * *",
    "weekdays": "0 9 * * 1-5",
    "29 February": "0 0 29 2 *",
}
NUMBER = 1_000


def engines(text: str) -> dict[str, Callable[[], object]]:
    """Return what each engine does to find the next time, by its name."""
    found: dict[str, Callable[[], object]] = {
        "septet first": lambda: next_after(read_anew(text), ZONE, NOW),
        "septet again": lambda: next_after(read(text), ZONE, NOW),
    }
    if find_spec("cronsim"):
        from cronsim import CronSim

        found["cronsim"] = lambda: next(CronSim(text, HERE))
    if find_spec("croniter"):
        from croniter import croniter

        found["croniter"] = lambda: croniter(text, HERE).get_next(datetime)
    return found


def main() -> None:
    """Print a table: the best of some rounds, and ours as a share of cronsim's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    names = list(engines("* * * * *"))
    sys.stdout.write(f"{'':14}" + "".join(f"{name:>14}" for name in names) + "   again/cronsim\n")
    for told, text in EXPRESSIONS.items():
        times = {
            name: min(timeit.repeat(find, number=NUMBER, repeat=rounds)) / NUMBER * 1e6
            for name, find in engines(text).items()
        }
        share = times["septet again"] / times["cronsim"] if "cronsim" in times else float("nan")
        cells = "".join(f"{times[name]:>14.1f}" for name in names)
        sys.stdout.write(f"{told:14}{cells}{share:>16.2f}\n")


if __name__ == "__main__":
    main()
