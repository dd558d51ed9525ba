"""A guess at what a file is, of its beginning and its name."""

import io
import json
import zlib
from dataclasses import replace
from pathlib import PurePath
from struct import unpack_from

import zstandard

from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.encodings import encoding_of
from apps.importexport.domain.formats.layouts import layout_of, quotes_tell

#: So much of a file is looked at.
SAMPLE_BYTES = 256_000
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
PARQUET = b"PAR1"
#: What files of Microsoft Office are in when they take a password, and old ones always.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
#: What the first part of a file of Office is called.
_OFFICE = (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/", b"customXml/")
_MEMBER = "<4sHHHHHIIIHH"
#: What zlib calls the two ways around what it packs.
_GZIPPED, _BARE = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_JSON_LINES = (".jsonl", ".ndjson", ".json")


def guess(sample: bytes, *, name: str) -> Dialect:
    """Return how a file seems to be written; of what is no table, still something to begin with."""
    sample = sample[:SAMPLE_BYTES]
    if sample.startswith(GZIP):
        return guess_inside(Compression.GZIP, _inflated(sample, _GZIPPED), PurePath(name).stem)
    if sample.startswith(ZSTD):
        return guess_inside(Compression.ZSTD, _unzstd(sample), PurePath(name).stem)
    if sample.startswith(ZIP):
        return _zipped(sample, name)
    if sample.startswith(PARQUET):
        return Dialect(format=Format.PARQUET)
    if sample.startswith(OLE):
        return Dialect(format=Format.XLSX)
    return _text(sample, name)


def guess_inside(compression: Compression, found: bytes, name: str) -> Dialect:
    """Return how what was unpacked seems to be written; what is packed twice is taken for text."""
    if found.startswith((GZIP, ZSTD)):
        inner = Dialect(format=Format.CSV)
    elif found.startswith(ZIP):
        inner = _book(found, name) or Dialect(format=Format.XLSX)
    else:
        inner = guess(found, name=name)
    return replace(inner, compression=compression)


def _zipped(sample: bytes, name: str) -> Dialect:
    if book := _book(sample, name):
        return book
    member, found = _first_member(sample)
    return guess_inside(Compression.ZIP, found, member)


def _book(sample: bytes, name: str) -> Dialect | None:
    if sample[30:].startswith(_ODS) or name.lower().endswith(".ods"):
        return Dialect(format=Format.ODS)
    if sample[30:].startswith(_OFFICE) or name.lower().endswith((".xlsx", ".xlsm")):
        return Dialect(format=Format.XLSX)
    return None


def _first_member(sample: bytes) -> tuple[str, bytes]:
    """Return the name of the first file in a zip, and the beginning of it."""
    if len(sample) < 30:
        return "", b""
    _, _, _, method, _, _, _, size, _, named, more = unpack_from(_MEMBER, sample)
    begins = 30 + named + more
    name = sample[30 : 30 + named].decode("utf-8", errors="replace")
    packed = sample[begins:]
    if method == 0:
        return name, packed[: size or len(packed)]
    return name, _inflated(packed, _BARE) if method == 8 else b""


def _inflated(packed: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(packed, SAMPLE_BYTES)
    except zlib.error:
        return b""


def _unzstd(sample: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(sample)) as reader:
            return bytes(reader.read(SAMPLE_BYTES))
    except (zstandard.ZstdError, MemoryError):
        return b""


def _text(sample: bytes, name: str) -> Dialect:
    encoding = encoding_of(sample)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    if _json_lines(text, name):
        return Dialect(format=Format.JSONL, encoding=encoding)
    delimiter, quote, header_row = layout_of(text, name=name)
    tells = quotes_tell(text, delimiter=delimiter, quote=quote, header_row=header_row)
    return Dialect(
        format=Format.TSV if delimiter == "\t" else Format.CSV,
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        header_row=header_row,
        empty_texts=tells,
    )


def _json_lines(text: str, name: str) -> bool:
    line = text.lstrip().partition("\n")[0]
    if not line.startswith("{"):
        return False
    if name.lower().endswith(_JSON_LINES):
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
