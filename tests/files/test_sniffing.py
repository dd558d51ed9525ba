"""What bytes say they are, and whether that is what their sender says."""

import bz2
import io
import zipfile
import zlib

import pytest
from openpyxl import Workbook

from apps.files.domain.sniffing import sniffed, type_allowed, types_match
from tests.files.archives import tarred, zipped

OFFICE = "application/vnd.openxmlformats-officedocument."


def workbook() -> bytes:
    made = io.BytesIO()
    Workbook().save(made)
    return made.getvalue()


def open_document() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (workbook(), f"{OFFICE}spreadsheetml.sheet"),
        (
            zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}),
            f"{OFFICE}wordprocessingml.document",
        ),
        (open_document(), "application/vnd.oasis.opendocument.text"),
        (zipped({"META-INF/MANIFEST.MF": b"x"}), "application/java-archive"),
        (zipped({"words/a": b"x"}), "application/zip"),
        (tarred({"a": b"x"}), "application/x-tar"),
        (bz2.compress(b"x"), "application/x-bzip2"),
        (b"BZhang wrote this", "text/plain"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "application/x-ole-storage"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b"\x00\x00\x00\x1cftypisom", "video/mp4"),
        (b"\x1f\x8b\x08\x00", "application/gzip"),
        (b"MZ\x90", "application/vnd.microsoft.portable-executable"),
        (zlib.compress(b"x" * 100), "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_bytes_say_what_they_are(head: bytes, found: str) -> None:
    assert sniffed(head[:4096]) == found


@pytest.mark.parametrize(
    ("told", "found", "match"),
    [
        ("text/csv", "text/plain", True),
        ("application/json", "text/plain", True),
        ("image/png", "text/plain", False),
        ("text/plain", "text/html", False),
        ("image/jpg", "image/jpeg", True),
        ("image/png", "image/jpeg", False),
        ("application/octet-stream", "application/x-elf", True),
        ("image/png", "application/octet-stream", False),
        ("model/stl", "application/octet-stream", True),
        ("application/msword", "application/x-ole-storage", True),
        ("application/pdf", "application/x-ole-storage", False),
        (f"{OFFICE}wordprocessingml.document", "application/zip", True),
        ("application/zip", f"{OFFICE}wordprocessingml.document", True),
        ("application/pdf", "application/zip", False),
        ("image/svg+xml", "text/xml", True),
        ("text/csv", "application/vnd.microsoft.portable-executable", False),
    ],
)
def test_what_is_said_is_held_to_what_is_found(told: str, found: str, match: bool) -> None:
    assert types_match(told, found) is match


def test_a_list_of_types_names_single_ones_and_whole_kinds() -> None:
    assert type_allowed("application/x-elf", ())
    assert type_allowed("image/png", ("image/*",))
    assert type_allowed("application/pdf", ("image/*", "application/pdf"))
    assert not type_allowed("application/x-elf", ("image/*", "application/pdf"))
