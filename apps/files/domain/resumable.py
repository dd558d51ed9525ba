"""Headers of Resumable Uploads for HTTP, as the IETF drafts them.

draft-ietf-httpbis-resumable-upload, versions -03 (interop version 5) and -05 (6), which clients
speak; later ones keep these headers.
"""

from collections.abc import Mapping

from apps.files.domain.tus import HeaderError, Standing

INTEROP = "Upload-Draft-Interop-Version"
#: Drafts that we speak; from 6 on what is appended has a media type of its own.
VERSIONS = ("5", "6")
APPENDED_TYPE = "application/partial-upload"
#: What scripts of other origins send and read beside the headers of tus.
REQUEST_HEADERS = (INTEROP, "Upload-Complete", "Content-Disposition")
RESPONSE_HEADERS = (INTEROP, "Upload-Complete", "Upload-Limit")
_BOOLEANS = {"?0": False, "?1": True}


def is_complete(headers: Mapping[str, str]) -> bool:
    """Read whether with this body the upload is all there; raises HeaderError."""
    told = headers.get("Upload-Complete")
    if told not in _BOOLEANS:
        raise HeaderError(f"Upload-Complete is ?0 or ?1, found {(told or '')[:40]!r}")
    return _BOOLEANS[told]


def standing_told(upload: Standing) -> dict[str, str]:
    """Return the headers that tell how far an upload is."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Complete": "?1" if upload.finished else "?0",
    }


def limits_told(most_bytes: int, seconds_left: int | None = None) -> dict[str, str]:
    """Return the header of what is taken, and for how long what was begun is kept."""
    told = f"max-size={most_bytes}"
    if seconds_left is not None:
        told += f", expires={max(seconds_left, 0)}"
    return {"Upload-Limit": told}
