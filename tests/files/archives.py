"""Archives that tests send: honest ones, and some that nobody should look into."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def zipped(
    entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, mode: int = 0o100644
) -> bytes:
    """Return a zip of these; its entries have a mode, which says what they are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = mode << 16, method
            archive.writestr(entry, body)
    return made.getvalue()


def tarred(entries: Mapping[str, bytes], *, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tar of these, of which each is of a kind."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, body in entries.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.size = kind, len(body)
            archive.addfile(entry, io.BytesIO(body))
    return made.getvalue()


def gzipped_zeros(size: int) -> bytes:
    """Return a gzip of so many zeros, of which never many are in memory."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb") as file:
        for _ in range(size // 1_000_000):
            file.write(bytes(1_000_000))
    return made.getvalue()


def encrypted_zip() -> bytes:
    """Return a zip that says of its one entry that it is encrypted."""
    body = bytearray(zipped({"secret.txt": b"hello"}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def overlapping_zip(entries: int = 100, size: int = 200_000) -> bytes:
    """Return a zip whose entries have the same bytes in common.

    https://www.bamsoftware.com/hacks/zipbomb/ says what becomes of more of them.
    """
    body = bytes(size)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    told = (20, 0, 8, 0, 33, zlib.crc32(body), len(packed), size, 1, 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", *told) + b"a" + packed
    one = b"PK\x01\x02" + struct.pack("<HHHHHHLLLHHHHHLL", 20, *told, 0, 0, 0, 0, 0) + b"a"
    directory = one * entries
    end = struct.pack("<HHHHLLH", 0, 0, entries, entries, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end
