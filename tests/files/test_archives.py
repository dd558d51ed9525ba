"""Looking into archives: every member is seen, and none that breaks a limit is looked into."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from apps.files.domain.archives import ArchiveError, Budget, Limits, archive_of, members
from tests.files.archives import encrypted_zip, gzipped_zeros, overlapping_zip, tarred, zipped

LIMITS = Limits(depth=3, members=20, unpacked_bytes=30_000_000, ratio=50, seconds=60)


def seen(body: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Return what is found in it, by its way."""
    found = members(io.BytesIO(body), Budget(limits))
    return {member.path: member.file.read() for member in found}


def refused(body: bytes, limits: Limits = LIMITS) -> str:
    """Return why it is not looked into."""
    with pytest.raises(ArchiveError) as error:
        seen(body, limits)
    return str(error.value)


INNER = {"a.txt": b"one", "b/c.txt": b"two"}
HONEST = {
    "zip": (zipped(INNER), INNER),
    "zip, stored": (zipped(INNER, zipfile.ZIP_STORED), INNER),
    "zip, bzip2": (zipped(INNER, zipfile.ZIP_BZIP2), INNER),
    "zip behind a program": (b"MZ" + bytes(1000) + zipped(INNER), INNER),
    "zip of nothing": (zipped({}), {}),
    "folders": (zipped({"b/": b"", "b/c.txt": b"two"}), {"b/c.txt": b"two"}),
    "tar": (tarred(INNER), INNER),
    "gzip": (gzip.compress(b"one") + gzip.compress(b"two"), {"gzip": b"onetwo"}),
    "bzip2": (bz2.compress(b"one") + bz2.compress(b"two"), {"bzip2": b"onetwo"}),
    "xz": (lzma.compress(b"one") + bytes(8) + lzma.compress(b"two"), {"xz": b"onetwo"}),
    "zstd": (zstandard.compress(b"one") + zstandard.compress(b"two"), {"zstd": b"onetwo"}),
    "nothing": (b"", {}),
    "a text that tells of PK": (b"PK\x05\x06 begins the end of a zip", {}),
}


@pytest.mark.parametrize("name", [name for name in HONEST if not name.startswith("a text")])
def test_every_member_is_seen(name: str) -> None:
    body, inside = HONEST[name]

    assert seen(body) == inside


def test_archives_in_archives_are_looked_into() -> None:
    inner = zipped({"x.txt": b"deep"})
    body = gzip.compress(tarred({"inner.zip": inner}))

    found = seen(body)

    assert list(found) == ["gzip", "gzip/inner.zip", "gzip/inner.zip/x.txt"]
    assert found["gzip/inner.zip/x.txt"] == b"deep"


def test_what_only_ends_like_a_zip_is_none() -> None:
    assert seen(b"%PDF-" + bytes(100) + b"PK\x05\x06" + bytes(10)) == {}


def nested(depth: int) -> bytes:
    body = b"hello"
    for _ in range(depth):
        body = zipped({"in": body})
    return body


def test_limits_hold_for_all_that_is_packed_in_it_together() -> None:
    many = zipped({f"{number}.zip": zipped({"a": b"", "b": b""}) for number in range(7)})
    half = os.urandom(16_000_000)

    assert refused(nested(4)) == "archives are nested more than 3 deep"
    assert refused(many) == "there are more than 20 members in it"
    assert refused(zipped({"a": half, "b": half})) == "it unpacks to more than 30,000,000 bytes"
    assert refused(gzipped_zeros(20_000_000)) == "more than 50 bytes come out of one"
    at_once = Limits(depth=3, members=20, unpacked_bytes=9, ratio=50, seconds=0)
    assert refused(nested(1), at_once) == "looking into it took more than 0 seconds"
    # As much as is allowed is fine.
    assert len(seen(nested(3))) == 3
    assert len(seen(gzipped_zeros(9_000_000))["gzip"]) == 9_000_000


BAD = {
    "encrypted": (encrypted_zip(), "'secret.txt' is encrypted"),
    "overlapping": (overlapping_zip(20), "'a' overlaps what comes after it"),
    "lzma in a zip": (
        zipped(INNER, zipfile.ZIP_LZMA),
        "'a.txt' is packed by method 14, not looked into",
    ),
    "link in a zip": (zipped({"a": b"/etc"}, mode=0o120777), "'a' is a link"),
    "link in a tar": (
        tarred({"a": b""}, kind=tarfile.SYMTYPE),
        "'a' is neither a file nor a folder",
    ),
    "device in a tar": (
        tarred({"a": b""}, kind=tarfile.CHRTYPE),
        "'a' is neither a file nor a folder",
    ),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "what 7z packs is not looked into"),
    "7z in a zip": (
        zipped({"a": b"7z\xbc\xaf\x27\x1c" + bytes(100)}),
        "what 7z packs is not looked into",
    ),
    "hidden behind a tar": (tarred(INNER) + tarred({"x": b"x"}), "there is more behind its end"),
    "directory too long": (
        zipped({str(number) + "x" * 60_000: b"" for number in range(80)}),
        "a directory or header is longer than 4,194,304 bytes",
    ),
    "header too long": (
        tarred({"x" * 70_000: b""}),
        "a directory or header is longer than 65,536 bytes",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_trusted_is_not_looked_into(name: str) -> None:
    body, why = BAD[name]

    assert refused(body) == why


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "a/..", "..\\up", "C:\\x", "c:x", "a\\..\\b"]
)
def test_no_member_may_leave_its_folder(name: str) -> None:
    outside = f"a member would be put outside of its folder: {name!r}"

    assert refused(zipped({name: b"x"})) == outside
    assert refused(tarred({name: b"x"})) == outside
    assert seen(zipped({"..x/y..": b"x"})) == {"..x/y..": b"x"}


@pytest.mark.parametrize("name", ["zip", "tar", "gzip", "bzip2", "xz"])
def test_what_is_cut_off_or_damaged_is_broken(name: str) -> None:
    body, _ = HONEST[name]
    damaged = bytearray(body)
    # Between the members of a tar, where nothing adds up what is there, it hits a header.
    damaged[1030 if name == "tar" else len(body) // 3] ^= 0xFF

    # A tar ends with many zeros.
    cut = body[: 1000 if name == "tar" else -3]
    assert refused(cut).startswith(f"a broken {name}")
    assert refused(bytes(damaged))


@given(st.sampled_from(sorted(HONEST)), st.lists(st.tuples(st.integers(0), st.binary(max_size=8))))
def test_whatever_becomes_of_an_archive_it_is_seen_or_refused(
    name: str, edits: list[tuple[int, bytes]]
) -> None:
    body = bytearray(HONEST[name][0])
    for at, piece in edits:
        place = at % (len(body) + 1)
        body[place : place + len(piece)] = piece

    with suppress(ArchiveError):
        seen(bytes(body))


def test_a_large_member_is_not_held_in_memory(tmp_path: Path) -> None:
    packed = tmp_path / "large.gz"
    packed.write_bytes(gzipped_zeros(100_000_000))
    limits = Limits(depth=1, members=1, unpacked_bytes=10**9, ratio=2000, seconds=60)
    tracemalloc.start()

    with packed.open("rb") as file:
        for member in members(file, Budget(limits)):
            assert member.file.seek(0, os.SEEK_END) == 100_000_000

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


def test_an_xz_does_not_choose_how_much_memory_it_takes() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 * 1024 * 1024}]

    assert refused(lzma.compress(b"x", filters=filters)).startswith("a broken xz: Memory usage")


def test_a_zstd_does_not_choose_how_much_memory_it_takes() -> None:
    level = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    pack = zstandard.ZstdCompressor(compression_params=level).compressobj()
    body = pack.compress(b"x" * 1000) + pack.flush()

    assert refused(body).startswith("a broken zstd: ")
    assert refused(zstandard.compress(b"x") + b"more").startswith("a broken zstd: ")


def test_a_disk_that_is_full_is_no_fault_of_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("apps.files.domain.archives.tempfile.TemporaryFile", full)

    with pytest.raises(OSError, match="No space left"):
        seen(zipped(INNER))


def test_words_are_no_archive() -> None:
    assert archive_of(b"BZhang wrote this") is None
    assert archive_of(b"PKWare") is None
