"""What is plain Python of downloads and direct uploads: ranges, digests, tickets, parts."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.domain.digests import DigestError, sha256_field, sha256_told, wants_sha256
from apps.files.domain.direct import MIB, parts_of
from apps.files.domain.ranges import UnsatisfiableError, matches, spans
from apps.files.domain.tickets import Ticket, TicketError, read_ticket


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("Bytes=0-0", [(0, 1)]),
        ("bytes=0-1,", [(0, 2)]),
        ("bytes= ,0-1 ,\t, 4-5", [(0, 2), (4, 6)]),
        ("bytes=4-5,0-1", [(4, 6), (0, 2)]),
        ("bytes=8-,20-", [(8, 10)]),
        (f"bytes=2-{'9' * 30}", [(2, 10)]),
        (f"bytes=-{'9' * 30}", [(0, 10)]),
        ("bytes=", []),
        ("bytes=,", []),
        ("bytes", []),
        ("bytes=0-1;2-3", []),
        ("bytes=+1-2", []),
        ("bytes=1-2-3", []),
        ("bytes=\u0660-\u0661", []),
        ("bits=0-1", []),
        ("bytes=0-5,5-6", []),
    ],
)
def test_ranges_are_read_as_the_rfc_has_them(header: str, found: list[tuple[int, int]]) -> None:
    assert spans(header, 10) == found


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-0", 0)]
)
def test_a_range_without_bytes_is_told(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableError):
        spans(header, size)


def test_the_last_bytes_of_nothing_are_all_of_it() -> None:
    assert spans("bytes=-5", 0) == []


@given(st.text(max_size=40), st.integers(0, 50))
def test_whatever_a_range_says_it_stays_in_the_file(told: str, size: int) -> None:
    try:
        found = spans(f"bytes={told}", size)
    except UnsatisfiableError:
        return
    assert all(0 <= span.start < span.end <= size for span in found)


@pytest.mark.parametrize(
    ("header", "strong", "weak"),
    [
        ('"a"', True, True),
        ('W/"a"', False, True),
        ('"b", W/"c","a"', True, True),
        ('"b,a"', False, False),
        (" * ", True, True),
        ("a", False, False),
        ("", False, False),
    ],
)
def test_tags_are_compared_strongly_or_weakly(header: str, strong: bool, weak: bool) -> None:
    assert matches(header, '"a"', weak=False) is strong
    assert matches(header, '"a"', weak=True) is weak


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
TOLD = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


@pytest.mark.parametrize("header", [TOLD, f"md5=:AAAA:, {TOLD}", f"{TOLD}, sha-512=:AAAA:"])
def test_a_digest_is_read_among_others(header: str) -> None:
    assert sha256_told(header).hex() == EMPTY
    assert sha256_field(EMPTY) == TOLD


@pytest.mark.parametrize("header", ["", "sha-256=abc", TOLD[:-1], f"x{TOLD}", "md5=:AAAA:"])
def test_what_is_no_digest_is_told(header: str) -> None:
    with pytest.raises(DigestError):
        sha256_told(header)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, True),
        ("sha-256=10", True),
        ("sha-512=3, sha-256=1", True),
        ("sha-512=3", True),
        ("sha-256=0", False),
        ("sha-512=9,sha-256=0", False),
    ],
)
def test_a_digest_that_is_not_wanted_is_not_told(header: str | None, wanted: bool) -> None:
    assert wants_sha256(header) is wanted


def test_a_ticket_is_read_back() -> None:
    ticket = Ticket(
        tenant_id=UUID(int=1),
        row_id=UUID(int=2),
        version=3,
        expires_at=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
    )

    assert read_ticket(ticket.text()) == ticket


@pytest.mark.parametrize("text", ["", "AAAA", "é", "A" * 59, "A" * 200, "_" * 59, "=" * 59])
def test_what_is_no_ticket_is_told(text: str) -> None:
    with pytest.raises(TicketError):
        read_ticket(text[:-1] + "!" if text == "A" * 59 else text)


@given(st.integers(0, 5 * 10**12))
def test_parts_make_the_whole_and_are_as_many_as_there_may_be(length: int) -> None:
    parts = parts_of(length)

    assert 1 <= parts.count <= 10_000
    assert parts.part_bytes % MIB == 0
    assert parts.part_bytes >= 5 * MIB
    assert (parts.count - 1) * parts.part_bytes + parts.size(parts.count) == length


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_part_that_there_is_not_is_told(number: int) -> None:
    with pytest.raises(ValueError, match="parts 1 to 2"):
        parts_of(9 * MIB).size(number)
