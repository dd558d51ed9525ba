"""Which header fields a caller may send."""

import re
from collections.abc import Mapping

from kernel.outbound.errors import OutboundRefusedError

MOST_FIELDS = 50
MOST_BYTES = 16_384
# RFC 9110, section 5.6.2.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: Visible ASCII with spaces and tabs between: no CR, LF or NUL, which would begin another field.
_VALUE = re.compile(r"([\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?)?")
#: Ours to say (who is asked, how it is framed) or meant for the next hop (RFC 9110, section 7.6.1).
_RESERVED = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
#: What goes along to another origin; everything else may be a secret between the two.
_FOR_ANYBODY = frozenset({"accept", "accept-language", "content-type", "user-agent"})


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the header fields to send; raises OutboundRefusedError for one that may not be."""
    if len(headers) > MOST_FIELDS:
        raise OutboundRefusedError("header", f"at most {MOST_FIELDS} header fields are sent")
    if sum(len(name) + len(value) + 4 for name, value in headers.items()) > MOST_BYTES:
        raise OutboundRefusedError("header", f"header fields have at most {MOST_BYTES} bytes")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise OutboundRefusedError("header", f"{name[:40]!r} is no name of a header field")
        if name.lower() in _RESERVED:
            raise OutboundRefusedError("header", f"the header field {name} is not the caller's")
        if not _VALUE.fullmatch(value):
            # Not shown: it may be a secret with a line break after it.
            raise OutboundRefusedError(
                "header", f"the value of {name} is not visible ASCII on one line"
            )
    return dict(headers)


def with_ours(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with what every call of ours says."""
    named = any(name.lower() == "user-agent" for name in headers)
    ours = {"Accept-Encoding": "gzip, deflate", "Connection": "close"}
    return {**headers, **ours} if named else {"User-Agent": "septet", **headers, **ours}


def for_another_origin(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what may be told to somebody else: no credential, no cookie, no field of theirs."""
    return {name: value for name, value in headers.items() if name.lower() in _FOR_ANYBODY}


def without_body(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that still make sense when the body is left out."""
    return {
        name: value for name, value in headers.items() if not name.lower().startswith("content-")
    }
