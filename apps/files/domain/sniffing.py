"""What bytes say they are by how they begin, whatever their sender says."""

import re
from collections.abc import Collection

from apps.files.domain.names import UNKNOWN_TYPE

#: So many of the first bytes are looked at.
SNIFFED_BYTES = 4096

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"\x00asm", "application/wasm"),
    (b"wOF2", "font/woff2"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"#!", "text/x-shellscript"),
    (b"{\\rtf", "application/rtf"),
)
#: What a browser would run: the ways in which HTML and SVG begin (https://mimesniff.spec.whatwg.org).
_MARKUP = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*|<!doctype[^>]*>\s*)*"
    rb"<(?P<tag>html|head|body|script|iframe|svg|h1|div|font|table|a|style|title|b|br|p|img)[\s/>:]",
    re.IGNORECASE | re.DOTALL,
)
_DOCTYPE = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<!doctype\s+html", re.IGNORECASE)
_XML = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml")
#: Bytes that no text has (the same standard, section 7.1).
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_TAR_HEADER_BYTES = 512
#: By which of its folders a zip tells what it is, and what the others say of themselves.
_OFFICE = {
    b"word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"META-INF": "application/java-archive",
}
_ENTRY = re.compile(rb"PK\x03\x04.{26}(?P<folder>word|xl|ppt|META-INF)/", re.DOTALL)
_SAID = re.compile(
    rb"PK\x03\x04.{26}mimetype"
    rb"(?P<type>application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z]+))PK",
    re.DOTALL,
)
_FTYP = {
    b"qt  ": "video/quicktime",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"M4A ": "audio/mp4",
}
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}


#: All that is told by bytes alone.
_KNOWN = {found for _, found in _MAGIC} | {*_RIFF.values(), *_FTYP.values(), *_OFFICE.values()}
_ZIPS = {"application/zip", *_OFFICE.values()}
#: What a zip may be said to be.
_ZIPPED = re.compile(
    r"^application/(?:zip|java-archive|epub\+zip|vnd\.openxmlformats-officedocument\."
    r"|vnd\.oasis\.opendocument\.|vnd\.android\.package-archive|vnd\.ms-.*macroenabled)"
)
_TEXTUAL = re.compile(r"^text/|json|yaml|script|sql|toml|graphql|x-sh$|x-tex$|[/+]xml$")
_SAID_TO_BE = {
    "text/plain": _TEXTUAL,
    "text/x-shellscript": _TEXTUAL,
    "text/xml": re.compile(r"[/+]xml$"),
    "application/x-ole-storage": re.compile(r"^application/(?:vnd\.ms-|msword)"),
}
#: Other names for the same.
_SAME = {
    "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-rar-compressed": "application/vnd.rar",
    "video/webm": "video/x-matroska",
}


def sniffed(head: bytes) -> str:
    """Return the media type of what begins so."""
    binary = next((found for magic, found in _MAGIC if head.startswith(magic)), None)
    if binary is None and head[:4] == b"RIFF":
        binary = _RIFF.get(head[8:12])
    if binary is None and head[4:8] == b"ftyp":
        binary = _FTYP.get(head[8:12], "video/mp4")
    if binary is None and head.startswith(b"PK\x03\x04"):
        binary = _zipped(head)
    if binary is None and BZIP2.match(head):
        binary = "application/x-bzip2"
    if binary is None and is_tar(head):
        binary = "application/x-tar"
    return binary or _text(head)


def types_match(told: str, found: str) -> bool:
    """Say whether bytes may be what their sender says: not all that is text tells which it is."""
    told = _SAME.get(told, told)
    if told in {found, UNKNOWN_TYPE}:
        return True
    if found == UNKNOWN_TYPE:
        return told not in _KNOWN
    form = _ZIPPED if found in _ZIPS else _SAID_TO_BE.get(found)
    return form is not None and form.search(told) is not None


def _zipped(head: bytes) -> str:
    if said := _SAID.match(head):
        return said["type"].decode()
    entry = _ENTRY.search(head)
    return _OFFICE[entry["folder"]] if entry else "application/zip"


def _text(head: bytes) -> str:
    match = _MARKUP.match(head)
    if match or _DOCTYPE.match(head):
        return "image/svg+xml" if match and match["tag"].lower() == b"svg" else "text/html"
    if _XML.match(head):
        return "text/xml"
    return UNKNOWN_TYPE if not head or _BINARY.search(head) else "text/plain"


def is_tar(head: bytes) -> bool:
    """Say whether a tar begins so: the oldest tell it by the sum of their first header alone."""
    told = head[148:156].strip(b" \0")
    if len(head) < _TAR_HEADER_BYTES or not re.fullmatch(rb"[0-7]{1,7}", told):
        return False
    return int(told, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:_TAR_HEADER_BYTES])


def type_allowed(found: str, allowed: Collection[str]) -> bool:
    """Say whether a media type is among these, or one that all of a kind such as `image/*` name."""
    return not allowed or found in allowed or f"{found.partition('/')[0]}/*" in allowed
