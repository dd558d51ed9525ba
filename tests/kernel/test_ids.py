"""Ids: version 7, in order, and read in one spelling only."""

import uuid
from datetime import UTC, datetime

import pytest

from kernel import clock, ids
from kernel.errors import InvalidInputError
from kernel.ids import first_id_at, made_at, new_id, new_id_text, new_ids, parse_id


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = datetime(2050, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())

    made = new_id()

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == int(moment.timestamp() * 1000)


def test_ids_grow_also_within_a_millisecond_and_when_the_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())
    times = [2_000_000_000.0] * 10_000 + [1_999_999_000.0] * 10
    moments = iter(datetime.fromtimestamp(time, tz=UTC) for time in times)
    monkeypatch.setattr(clock, "now", lambda: next(moments))

    made = [new_id() for _ in times]

    assert made == sorted(set(made))


def test_several_ids_are_as_so_many_single_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2050, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())

    made = [new_id(), *new_ids(10_000), new_id(), *new_ids(0), *new_ids(1)]

    assert len(made) == 10_003
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    # Of 62 random bits, none is the same in all.
    random = [one.int & (1 << 62) - 1 for one in made]
    assert all(0 < sum(one >> bit & 1 for one in random) < 10_003 for bit in range(62))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}",
        "urn:uuid:0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b ",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5\0",
        None,
        7,
        [],
    ],
)
def test_another_spelling_of_an_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="a UUID of 36 characters"):
        parse_id(text)


def test_an_id_is_read_back() -> None:
    made = new_id()

    assert parse_id(str(made)) == made
    assert parse_id(str(made).upper()) == made


def test_the_text_of_a_new_id_is_one_of_the_same_kind() -> None:
    before, text, after = new_id(), new_id_text(), new_id()

    assert str(parse_id(text)) == text
    assert before < parse_id(text) < after


def test_an_id_tells_when_it_was_made() -> None:
    moment = datetime(2026, 5, 1, 12, 0, 0, 123_000, tzinfo=UTC)

    assert made_at(first_id_at(moment)) == moment
