"""The file in a form (RFC 7578), as its bytes come: nothing is kept but what may be a boundary."""

import re

MOST_HEAD_BYTES = 16 * 1024
#: RFC 2046, section 5.1.1.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class FormError(ValueError):
    """The body is no form with a file in it."""


class FormReader:
    """Finds the first part with a file name: `feed` it, and it gives that part's bytes.

    Parts before it are passed over, and what comes after it is.
    """

    def __init__(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise FormError("multipart/form-data needs a boundary")
        self._mark = b"\r\n--" + boundary.encode()
        # The first boundary may stand at the very beginning.
        self._waiting = bytearray(b"\r\n")
        self._head: dict[str, str] | None = None
        self.ended = False

    @property
    def head(self) -> dict[str, str] | None:
        """Return the headers of the file's part, once they are there."""
        return self._head

    def feed(self, data: bytes) -> bytes:
        """Take what came, and return what of the file is in it; raises FormError."""
        if self.ended:
            return b""
        self._waiting += data
        while self._head is None:
            if not self._next_head():
                return b""
        return self._content()

    def end(self) -> None:
        """Raise FormError if the body ends before its end."""
        if not self.ended:
            raise FormError("the form ends too early, or has no file in it")

    def _next_head(self) -> bool:
        """Pass over everything up to the headers of a part; False if more has to come."""
        begin = self._waiting.find(self._mark)
        if begin < 0:
            # A boundary may have begun.
            del self._waiting[: max(len(self._waiting) - len(self._mark), 0)]
            return False
        after = begin + len(self._mark)
        if self._waiting[after : after + 2] == b"--":
            raise FormError("the form has no file in it")
        end = self._waiting.find(b"\r\n\r\n", after)
        if end < 0:
            if len(self._waiting) - after > MOST_HEAD_BYTES:
                raise FormError(f"the headers of a part have at most {MOST_HEAD_BYTES} bytes")
            return False
        head = _headers(bytes(self._waiting[after:end]))
        # With its last line break: the content may be empty.
        del self._waiting[: end + 2]
        if "filename" in head.get("content-disposition", ""):
            self._head = head
            del self._waiting[:2]
        return self._head is not None or self._next_head()

    def _content(self) -> bytes:
        end = self._waiting.find(self._mark)
        self.ended = end >= 0
        if not self.ended:
            end = max(len(self._waiting) - len(self._mark), 0)
        content = bytes(self._waiting[:end])
        del self._waiting[:end]
        return content


def _headers(text: bytes) -> dict[str, str]:
    try:
        lines = text.decode().split("\r\n")
    except UnicodeDecodeError:
        raise FormError("the headers of a part are text in UTF-8") from None
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
