"""Which tests a run leaves out, and how processes share the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sharing import differs, shared


def a_test(name: str, *markers: str, fixtures: tuple[str, ...] = ()) -> Any:
    """Return what is asked of a test that was collected."""
    return SimpleNamespace(
        path=Path(f"{name}.py"),
        name=name,
        fixturenames=fixtures,
        get_closest_marker=lambda marker: marker if marker in markers else None,
    )


def parts(items: list[Any], processes: int) -> list[list[str]]:
    """Return the names of what each process has to do, as xdist cuts the list."""
    left = [item.name for item in shared(items, processes)]
    made = []
    for number in range(processes, 0, -1):
        made.append(left[: len(left) // number])
        left = left[len(left) // number :]
    return made


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (a_test("computes"), False),
        (a_test("keeps rows", fixtures=("db",)), True),
        (a_test("commits rows", fixtures=("transactional_db",)), True),
        (a_test("is marked", "django_db"), True),
        (a_test("tells nothing new", "django_db", "any_database", fixtures=("db",)), False),
        (a_test("opens a browser", "browser"), True),
        (a_test("starts processes", "processes"), False),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_after_make_test_what_needs_no_database_and_no_server_is_left_out(
    item: Any, expected: bool
) -> None:
    assert differs(item) is expected


def test_each_process_begins_with_what_waits() -> None:
    waiting = [a_test(f"{folder}/{n}", "live") for folder in "yz" for n in range(3)]
    computing = [a_test(f"a/{n}") for n in range(6)]

    assert parts([*computing, *waiting], 2) == [
        ["y/0", "y/1", "y/2", "a/0", "a/1", "a/2"],
        ["z/0", "z/1", "z/2", "a/3", "a/4", "a/5"],
    ]


def test_a_folder_that_waits_stays_in_one_process() -> None:
    kafka = [a_test(f"kafka/{n}", "live") for n in range(4)]
    browser = [a_test(f"browser/{n}", "browser") for n in range(3)]
    redis = [a_test(f"redis/{n}", "live") for n in range(1)]
    computing = [a_test(f"a/{n}") for n in range(8)]

    first, second = parts([*browser, *computing, *kafka, *redis], 2)

    assert first[:4] == ["kafka/0", "kafka/1", "kafka/2", "kafka/3"]
    assert second[:4] == ["browser/0", "browser/1", "browser/2", "redis/0"]


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("waiting", [0, 1, 7, 20])
def test_none_is_lost_and_none_is_there_twice(processes: int, waiting: int) -> None:
    items = [a_test(f"w{n % 3}/{n}", "live") for n in range(waiting)]
    items += [a_test(f"c/{n}") for n in range(13)]

    made = shared(items, processes)

    assert len(made) == len(items)
    assert {id(item) for item in made} == {id(item) for item in items}
