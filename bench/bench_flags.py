"""Flag evaluation in process, beside openfeature-flagd-core 2.0 in the same run.

Both give full details: value, variant, reason, metadata, and the type checked. Rounds of the two
take turns, so that a busy machine slows both. Targets, as ratios: five rules at least 6 times as
fast, percentage 3 (bucketing v2) and 2 (v3), static 1; and 10,000 flags are loaded within a second.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]

from apart import print_machine  # noqa: E402

from apps.config.domain.compiling import compile_set  # noqa: E402
from apps.config.domain.parsing import parse  # noqa: E402

LOAD_TARGET_SECONDS = 1.0
VARIANTS = {name: name.upper() for name in "abcdef"}
USERS = [
    {"country": f"C{n % 5}", "plan": "pro" if n % 3 else "free", "targetingKey": f"user-{n}"}
    for n in range(100)
]
# Whoever it is, the last of the five rules is the one that holds.
LAST = [{"country": "C4", "plan": "team", "targetingKey": f"user-{n}"} for n in range(100)]


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--evaluations", type=int, default=10_000, help="in each round")
    parser.add_argument("--flags", type=int, default=10_000, help="to load")
    wanted = parser.parse_args()
    print_machine()
    met = [
        compare(name, flag, users, target, wanted.rounds, wanted.evaluations)
        for name, flag, users, target in CASES
    ]
    met.append(load(wanted.flags))
    sys.exit(0 if all(met) else 1)


def flag(targeting: Any = None, **more: Any) -> dict[str, Any]:
    """Return a flag of texts."""
    rule = {"targeting": targeting} if targeting else {}
    return {"state": "ENABLED", "variants": VARIANTS, "defaultVariant": "f", **rule, **more}


def rules() -> dict[str, Any]:
    """Return five rules of two conditions each."""
    parts: list[Any] = []
    for n, name in enumerate("abcde"):
        country = {"==": [{"var": "country"}, f"C{n}"]}
        parts += [{"and": [country, {"in": [{"var": "plan"}, ["team", "pro"]]}]}, name]
    return {"if": [*parts, "f"]}


HALVES = {"fractional": [["a", 50], ["b", 50]]}
CASES = [
    ("static", flag(), USERS, 1.0),
    ("five rules, the last holds", flag(rules()), LAST, 6.0),
    ("percentage, v2", flag(HALVES, bucketing="flagd-v2"), USERS, 3.0),
    ("percentage, v3", flag(HALVES, bucketing="flagd-v3"), USERS, 2.0),
]


def compare(
    name: str, given: dict[str, Any], users: list[dict[str, Any]], target: float, *size: int
) -> bool:
    """Time one flag in both evaluators; tell whether the target is met."""
    rounds, evaluations = size
    ours, theirs = our_evaluator(given), flagd_evaluator(given)
    pairs = [(ours(user), theirs(user)) for user in users]
    if given.get("bucketing") != "flagd-v2":
        assert all(a == b for a, b in pairs), f"{name}: they differ"
    best = [float("inf"), float("inf")]
    calls = [our_round(given, users, evaluations), flagd_round(given, users, evaluations)]
    for _ in range(rounds):
        best = [min(seen, call()) for seen, call in zip(best, calls, strict=True)]
    per_second = [evaluations / seconds for seconds in best]
    ratio = per_second[0] / per_second[1]
    print(
        f"{name:28} {per_second[0]:>11,.0f}/s  flagd-core {per_second[1]:>9,.0f}/s"
        f"  {ratio:5.1f} times, at least {target:.0f}"
    )
    return ratio >= target


def our_evaluator(given: dict[str, Any]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Return what gives the details of ours."""
    flags = compile_set({"metadata": {"set": "bench"}, "flags": {"it": given}})

    def details(user: dict[str, Any]) -> tuple[Any, ...]:
        found = flags.evaluate("it", user, expected="string")
        return found.value, found.variant, found.reason, dict(found.metadata)

    return details


def our_round(
    given: dict[str, Any], users: list[dict[str, Any]], times: int
) -> Callable[[], float]:
    """Return a round of ours: seconds of CPU for so many evaluations."""
    flags = compile_set({"metadata": {"set": "bench"}, "flags": {"it": given}})
    evaluate = flags.evaluate

    def round_() -> float:
        start = time.process_time()
        for _ in range(times // len(users)):
            for user in users:
                evaluate("it", user, expected="string")
        return time.process_time() - start

    return round_


def flagd_core(given: dict[str, Any]) -> Any:
    """Return flagd's own evaluator with the flag in it."""
    from openfeature.contrib.tools.flagd.core import FlagdCore

    logging.getLogger("openfeature.contrib").disabled = True
    core = FlagdCore()
    plain = {name: value for name, value in given.items() if name != "bucketing"}
    core.set_flags(json.dumps({"metadata": {"set": "bench"}, "flags": {"it": plain}}))
    return core


def flagd_contexts(users: list[dict[str, Any]]) -> list[Any]:
    """Return the same users as flagd-core takes them."""
    from openfeature.evaluation_context import EvaluationContext

    return [
        EvaluationContext(
            user["targetingKey"],
            {name: value for name, value in user.items() if name != "targetingKey"},
        )
        for user in users
    ]


def flagd_evaluator(given: dict[str, Any]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Return what gives the details of flagd-core."""
    core = flagd_core(given)

    def details(user: dict[str, Any]) -> tuple[Any, ...]:
        [context] = flagd_contexts([user])
        found = core.resolve_string_value("it", "", context)
        return found.value, found.variant, str(found.reason.value), dict(found.flag_metadata)

    return details


def flagd_round(
    given: dict[str, Any], users: list[dict[str, Any]], times: int
) -> Callable[[], float]:
    """Return a round of flagd-core."""
    resolve = flagd_core(given).resolve_string_value
    contexts = flagd_contexts(users)

    def round_() -> float:
        start = time.process_time()
        for _ in range(times // len(contexts)):
            for context in contexts:
                resolve("it", "", context)
        return time.process_time() - start

    return round_


def load(count: int) -> bool:
    """Time how long a large definition takes from its text to the first answer."""
    kinds = [flag(), flag(rules()), flag(HALVES)]
    text = json.dumps({"flags": {f"flag-{n}": kinds[n % 3] for n in range(count)}})
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        flags = compile_set(parse(text))
        flags.evaluate("flag-1", USERS[0])
        best = min(best, time.process_time() - start)
        del flags
    print(
        f"load of {count:,} flags, {len(text) / 1e6:.1f} MB: {best:.2f} s,"
        f" at most {LOAD_TARGET_SECONDS:.0f}"
    )
    return best <= LOAD_TARGET_SECONDS


if __name__ == "__main__":
    main()
