"""The zip that a workbook is, looked through before anything unpacks it."""

import io
import zipfile
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring

from apps.importexport.errors import (
    SourceProtectedError,
    SourceTooLargeError,
    SourceUnreadableError,
)

MANIFEST = "META-INF/manifest.xml"
_MOST_PARTS = 10_000
_MOST_UNPACKED = 2_000_000_000
#: Workbooks of one value over and over become some 100 times their size.
_MOST_TIMES = 300
_FREE_BYTES = 50_000_000


def opened(data: bytes) -> ZipFile:
    """Open the zip; raises SourceRefusedError for a bomb, a password, and what is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise SourceUnreadableError(
            "this is no workbook, or it is cut off: open it and save it anew"
        ) from None
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS:
        raise SourceTooLargeError(f"a workbook has at most {_MOST_PARTS:,} parts: save it anew")
    for part in parts:
        if part.flag_bits & 1:
            raise SourceProtectedError("the workbook takes a password: save it without one")
        swollen = part.file_size > _FREE_BYTES
        if swollen and part.file_size > _MOST_TIMES * part.compress_size:
            raise SourceTooLargeError(
                f"{part.filename[:60]!r} unpacks from {part.compress_size:,} to"
                f" {part.file_size:,} bytes: save the sheet as CSV"
            )
    if sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise SourceTooLargeError(
            f"the workbook unpacks to more than {_MOST_UNPACKED:,} bytes: save the sheet as CSV"
        )
    _check_manifest(archive)
    return archive


def _check_manifest(archive: ZipFile) -> None:
    """An ODS with a password is a zip without one, whose parts are encrypted."""
    if MANIFEST not in archive.namelist():
        return
    tree = fromstring(archive.read(MANIFEST), forbid_dtd=False)
    if any(one.tag.endswith("}encryption-data") for one in tree.iter()):
        raise SourceProtectedError("the workbook takes a password: save it without one")
