"""Dynamic settings as apps declare them."""

from datetime import timedelta
from typing import Any

import pytest

from kernel.dynamic.declaring import Setting, boolean, integer, length_of_time, texts, told


@pytest.fixture(autouse=True)
def _nothing_stays_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.dynamic.declaring.REGISTRY", {})


def declared() -> list[Setting[Any]]:
    return [
        boolean("audit.on", default=True, description="On."),
        integer("audit.size", default=5, description="Size.", at_least=1, at_most=9),
        length_of_time("audit.every", default=timedelta(minutes=90), description="How often."),
        texts("audit.kinds", default=("a",), description="Kinds.", pattern="[a-z]+"),
    ]


@pytest.mark.parametrize(
    ("number", "good", "read", "bad"),
    [
        (0, False, False, [1, "true", None]),
        (1, 9, 9, [0, 10, True, 5.0, "5"]),
        (2, "500ms", timedelta(milliseconds=500), [5, "5", "1 h", None]),
        (3, ["a", "bc"], ("a", "bc"), ["a", ["a", 1], ["A"], ["a\n"], ["a"] * 101, None]),
    ],
)
def test_a_value_is_read_within_its_bounds(
    number: int, good: Any, read: Any, bad: list[Any]
) -> None:
    setting = declared()[number]

    assert setting.read(good) == read
    for value in bad:
        with pytest.raises(ValueError):  # noqa: PT011  what it says is for a log
            setting.read(value)


def test_a_default_is_told_as_json_holds_it() -> None:
    assert [setting.told_default for setting in declared()] == [True, 5, "90m", ["a"]]
    spans = [timedelta(days=7), timedelta(seconds=30), timedelta(0), timedelta(milliseconds=1_500)]
    assert [told(span) for span in spans] == ["7d", "30s", "0ms", "1500ms"]


def test_a_declaration_that_means_nothing_is_refused() -> None:
    declared()
    for key in ("audit.on", "on", "Audit.on", "audit.on.more"):
        with pytest.raises(ValueError):  # noqa: PT011  a fault of ours, met at start
            boolean(key, default=True, description="")
    with pytest.raises(ValueError, match="expected 1 to 9"):
        integer("audit.more", default=10, description="", at_least=1, at_most=9)
