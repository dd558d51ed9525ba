"""The format of encrypted bytes: every part is read alone, and no change goes unseen."""

import os
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.domain.sealing import (
    CHUNK_BYTES,
    MAGIC,
    STORED_BYTES,
    SealedDamagedError,
    Sealer,
    new_data_key,
    sealed,
    sealed_before_last,
    sealed_size,
    unsealed,
)

KEY, NAME = bytes(range(32)), "files/ab/one"
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)
BODY = os.urandom(3 * CHUNK_BYTES + 7)


def stored(body: bytes, *, key: bytes = KEY, name: str = NAME) -> bytes:
    return b"".join(
        sealed([body[at : at + 50_000] for at in range(0, len(body), 50_000)], key, name)
    )


def opened(
    data: bytes,
    size: int,
    *,
    start: int = 0,
    length: int | None = None,
    key: bytes = KEY,
    name: str = NAME,
    asked: list[tuple[int, int | None]] | None = None,
) -> bytes:
    def read(offset: int, most: int | None) -> Iterator[bytes]:
        if asked is not None:
            asked.append((offset, most))
        part = data[offset:] if most is None else data[offset : offset + most]
        for at in range(0, len(part), 100_000):
            yield part[at : at + 100_000]

    return b"".join(unsealed(read, key, name, size=size, start=start, length=length))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_encrypted_comes_back_and_is_as_long_as_was_said(size: int) -> None:
    data = stored(BODY[:size])

    assert len(data) == sealed_size(size)
    assert opened(data, size) == BODY[:size]
    assert stored(BODY[:size]) != data


@given(st.integers(0, len(BODY)), st.integers(0, len(BODY) + 9))
def test_any_part_is_the_part_of_the_whole(start: int, length: int) -> None:
    assert opened(_STORED, len(BODY), start=start, length=length) == BODY[start : start + length]


_STORED = stored(BODY)


def test_a_part_reads_the_chunks_that_it_is_in_and_no_others() -> None:
    asked: list[tuple[int, int | None]] = []

    opened(_STORED, len(BODY), start=CHUNK_BYTES + 5, length=10, asked=asked)
    opened(_STORED, len(BODY), start=2 * CHUNK_BYTES - 1, length=2, asked=asked)
    opened(_STORED, len(BODY), start=len(BODY) - 1, length=1, asked=asked)
    opened(_STORED, len(BODY), start=10, length=0, asked=asked)

    begin = len(MAGIC) + STORED_BYTES
    assert asked == [
        (begin, STORED_BYTES),
        (begin, 2 * STORED_BYTES),
        (len(MAGIC) + 3 * STORED_BYTES, None),
    ]


def _flipped(at: int) -> bytes:
    changed = bytearray(_STORED)
    changed[at] ^= 1
    return bytes(changed)


def _chunk(number: int) -> slice:
    return slice(len(MAGIC) + number * STORED_BYTES, len(MAGIC) + (number + 1) * STORED_BYTES)


def _swapped() -> bytes:
    first, second = _STORED[_chunk(0)], _STORED[_chunk(1)]
    return MAGIC + second + first + _STORED[_chunk(1).stop :]


#: In the format, and in nonce, bytes and tag of the first chunk, one in the middle, and the last.
PLACES = [
    0,
    len(MAGIC) - 1,
    *(
        _chunk(number).start + at
        for number in (0, 1)
        for at in (0, 11, 12, 30_000, STORED_BYTES - 16, STORED_BYTES - 1)
    ),
    _chunk(3).start,
    _chunk(3).start + 13,
    len(_STORED) - 1,
]


@pytest.mark.parametrize("at", PLACES)
def test_one_changed_bit_is_found_wherever_it_is(at: int) -> None:
    with pytest.raises(SealedDamagedError):
        opened(_flipped(at), len(BODY))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(_swapped(), id="in another order"),
        pytest.param(_STORED[: _chunk(2).stop], id="without the last chunk"),
        pytest.param(_STORED[:-1], id="without the last byte"),
        pytest.param(_STORED[: len(MAGIC)], id="without chunks"),
        pytest.param(b"", id="empty"),
        pytest.param(_STORED + b"x", id="with one byte more"),
        pytest.param(_STORED + _STORED[_chunk(2)], id="with one chunk more"),
        pytest.param(_STORED[_chunk(0).start :], id="without the format"),
        pytest.param(BODY, id="plain"),
    ],
)
def test_what_was_cut_added_to_or_put_in_another_order_is_found(changed: bytes) -> None:
    with pytest.raises(SealedDamagedError):
        opened(changed, len(BODY))


def test_nothing_opens_under_another_name_by_another_key_or_for_another_size() -> None:
    other = stored(BODY, name="files/ab/two")
    mixed = _STORED[: _chunk(1).start] + other[_chunk(1)] + _STORED[_chunk(2).start :]

    for data, key, name in (
        (_STORED, new_data_key(), NAME),
        (_STORED, KEY, "files/ab/two"),
        (mixed, KEY, NAME),
        (stored(BODY[:CHUNK_BYTES]), KEY, NAME),
    ):
        with pytest.raises(SealedDamagedError):
            opened(data, len(BODY), key=key, name=name)
    for size in (len(BODY) - 1, len(BODY) + 1, CHUNK_BYTES, 0):
        with pytest.raises(SealedDamagedError):
            opened(_STORED, size)


def test_nothing_that_was_changed_is_given_before_it_is_found() -> None:
    data, given_out = _flipped(_chunk(1).start + 99), bytearray()

    def read(offset: int, _most: int | None) -> Iterator[bytes]:
        for at in range(offset, len(data), 10_000):
            yield data[at : at + 10_000]

    with pytest.raises(SealedDamagedError):
        deque(map(given_out.extend, unsealed(read, KEY, NAME, size=len(BODY))))
    assert given_out == BODY[:CHUNK_BYTES]


@pytest.mark.parametrize("size", SIZES)
def test_encrypting_goes_on_where_another_had_come_to(size: int) -> None:
    first = Sealer(KEY, NAME)
    data = MAGIC + b"".join(first.add(BODY[:size]))
    waiting = first.waiting()
    assert len(data) == (sealed_before_last(size) if size else len(MAGIC))

    second = Sealer.resumed(KEY, NAME, size=size, waiting=waiting)
    data += b"".join(second.add(BODY[size:]) + second.end())

    assert opened(data, len(BODY)) == BODY
    if size:
        for changed in (waiting[:-1], waiting + b"x", bytes(len(waiting))):
            with pytest.raises(SealedDamagedError):
                Sealer.resumed(KEY, NAME, size=size, waiting=changed)
        # What waits is no chunk of what is stored.
        with pytest.raises(SealedDamagedError):
            opened(MAGIC + waiting, min(size, CHUNK_BYTES))
