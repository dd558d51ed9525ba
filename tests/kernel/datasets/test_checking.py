"""Values of each kind, and that nothing that is sent breaks more than its own row."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.datasets import Dataset, Field, Kind, Mode
from kernel.datasets.checking import RowRefusedError, sent
from kernel.testing.datasets import somebody

ALL = Dataset(
    name="notes.all",
    title="All kinds",
    key=("key",),
    modes=frozenset(Mode),
    read_scope="notes:read",
    write_scope="notes:write",
    fields=(
        Field(name="key"),
        *(Field(name=kind.value, kind=kind) for kind in Kind),
    ),
)
WHO = somebody(UUID(int=7))
GOOD: dict[Kind, list[Any]] = {
    Kind.TEXT: ["", "é", "x" * 10_000],
    Kind.INTEGER: [0, -5, 10**19],
    Kind.DECIMAL: ["1.50", 1, 1.5, "-0.1"],
    Kind.BOOLEAN: [True, False],
    Kind.DATE: ["2024-02-29"],
    Kind.DATETIME: ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5+02:00"],
    Kind.UUID: ["01900000-0000-7000-8000-000000000000"],
    Kind.JSON: [[], {"a": [1, None]}, 0, "text", False],
}
BAD: dict[Kind, list[Any]] = {
    Kind.TEXT: [1, True, [], "\0", "\udfff"],
    Kind.INTEGER: ["1", 1.0, True, []],
    Kind.DECIMAL: ["x", "NaN", "1e", float("inf"), float("nan"), True, {}],
    Kind.BOOLEAN: [0, "true", []],
    Kind.DATE: ["2024-02-30", "2024", 20240229, ""],
    Kind.DATETIME: ["2024-05-01T12:00:00", "2024-05-01", "now", 0],
    Kind.UUID: ["x", "01900000-0000-7000-8000-00000000000A", 5, "{01900000}"],
    Kind.JSON: [float("nan"), ["\ud800"], object()],
}
CASES = [(kind, value) for kind in Kind for value in GOOD[kind]]
REFUSED = [(kind, value) for kind in Kind for value in BAD[kind]]


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_a_value_of_its_kind_is_taken_as_it_is(kind: Kind, value: Any) -> None:
    one = sent(ALL, Mode.UPSERT, {"key": "a", kind.value: value}, WHO)

    assert one.row == {"key": "a", kind.value: value}


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_value_of_no_kind_is_refused_with_its_column(kind: Kind, value: Any) -> None:
    with pytest.raises(RowRefusedError) as caught:
        sent(ALL, Mode.UPSERT, {"key": "a", kind.value: value}, WHO)

    assert (caught.value.result.code, caught.value.result.column) == ("INVALID_INPUT", kind.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(row=ANYTHING | st.dictionaries(st.sampled_from(["key", *Kind]), ANYTHING))
def test_whatever_is_sent_is_taken_or_refused(row: Any) -> None:
    try:
        key: Any = sent(ALL, Mode.UPSERT, row, WHO).key
    except RowRefusedError as error:
        assert error.result.message  # noqa: PT017  either is right
    else:
        assert key == (row["key"],)
