"""Where a unit falls: flagd's three generations, and the algorithms of those whom we import."""

import hashlib
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

import mmh3

GENERATIONS = ("flagd-v1", "flagd-v2", "flagd-v3")
# What a new flag gets. It is stored with the flag and never changes by itself.
NEWEST = "flagd-v3"
MAX_WEIGHT = 2**31 - 1

murmur3: Callable[..., int] = mmh3.hash


def cbor(value: Any) -> bytes:
    """Encode JSON as canonical CBOR (RFC 8949, 4.2); whole floats are integers, as flagd says.

    cbor2 asks 2 to 4 times as long for the pair of texts that nearly every flag hashes.
    """
    if isinstance(value, str):
        encoded = value.encode()
        return _head(0x60, len(encoded)) + encoded
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, float):
        if not (value.is_integer() and -(2**63) <= value <= 2**64 - 1):
            return _float(value)
        value = int(value)
    if isinstance(value, int):
        return _head(0x00, value) if value >= 0 else _head(0x20, -1 - value)
    if isinstance(value, list):
        return _head(0x80, len(value)) + b"".join(map(cbor, value))
    pairs = sorted(((cbor(key), cbor(item)) for key, item in value.items()), key=_shortest_first)
    return _head(0xA0, len(value)) + b"".join(key + item for key, item in pairs)


def _shortest_first(pair: tuple[bytes, bytes]) -> tuple[int, bytes]:
    # RFC 7049's canonical order, which cbor2 and so flagd keep.
    return len(pair[0]), pair[0]


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes((major | size,))
    if size < 0x100:
        return bytes((major | 24, size))
    if size < 0x10000:
        return struct.pack(">BH", major | 25, size)
    if size < 0x100000000:
        return struct.pack(">BI", major | 26, size)
    return struct.pack(">BQ", major | 27, size)


def _float(value: float) -> bytes:
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    for initial, layout in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(layout, value)
        except OverflowError:
            continue
        if struct.unpack(layout, packed)[0] == value:
            return initial + packed
    return b"\xfb" + struct.pack(">d", value)


def normalized_murmur3(group: str, identifier: str, size: int, seed: int = 0) -> int:
    """Unleash: 1 to `size`."""
    return murmur3(f"{group}:{identifier}", seed, signed=False) % size + 1


def flagsmith_percentage(ids: Sequence[str], copies: int = 1) -> float:
    """Flagsmith: 0 up to, not including, 100, from the MD5 of the ids; again where it gave 100."""
    joined = ",".join(list(ids) * copies).encode()
    digest = int(hashlib.md5(joined, usedforsecurity=False).hexdigest(), 16)
    value = (digest % 9999) / 9998 * 100
    return flagsmith_percentage(ids, copies + 1) if value == 100 else value


def fnv1a(data: str) -> int:
    """FNV-1a of 32 bits, over units of UTF-16 like GrowthBook's in JavaScript."""
    value = 0x811C9DC5
    units = data.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        value = ((value ^ (low | high << 8)) * 0x01000193) & 0xFFFFFFFF
    return value


def growthbook(seed: str, value: str, version: int) -> float:
    """GrowthBook: 0 up to 1 in thousandths (version 1) or ten-thousandths (version 2)."""
    if version == 1:
        return fnv1a(value + seed) % 1000 / 1000
    return fnv1a(str(fnv1a(seed + value))) % 10000 / 10000


def launchdarkly(prefix: str, value: str) -> float:
    """LaunchDarkly: 0 up to 1 from the first 15 hexadecimal digits of a SHA-1.

    The prefix is a seed, or key and salt with a dot between them.
    """
    digest = hashlib.sha1(f"{prefix}.{value}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:15], 16) / 0xFFFFFFFFFFFFFFF
