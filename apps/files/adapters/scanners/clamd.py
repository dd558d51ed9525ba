"""ClamAV's daemon, by its own protocol (`man clamd`): one connection for each question."""

import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from apps.files.adapters.scanners.basic import chunks_of
from apps.files.adapters.scanners.port import CLEAN, Verdict
from apps.files.domain.verdicts import CLAMAV
from apps.files.errors import ScannerUnavailableError

CONNECT_SECONDS = 5.0
#: For a question that needs no scan.
ASK_SECONDS = 5.0
#: In which a chunk has to be taken.
SEND_SECONDS = 30.0
#: How old the version may be that is noted with a verdict.
FRESH_SECONDS = 60.0
MOST_REPLY_BYTES = 4096

#: Alerts that name nothing bad, but tell that clamd did not look at everything.
_NOT_LOOKED_AT = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
#: Errors of clamd itself rather than of what it was sent.
_ITS_OWN = ("Can't ", "Unable to ", "COMMAND READ TIMED OUT", "Command read timed out")

Address = tuple[str, int] | str


class Clamd:
    """One daemon, at a host and port or at the path of a socket."""

    name = CLAMAV

    def __init__(self, address: Address, *, most_bytes: int, timeout_seconds: float) -> None:
        self._address = address
        #: Of what is longer, clamd by itself looks at nothing, and says OK.
        self.most_bytes: int | None = most_bytes
        self._timeout_seconds = timeout_seconds
        self._version = ""
        self._fresh_until = 0.0

    def signatures(self) -> str:
        """Return its version, and that of its database."""
        if time.monotonic() > self._fresh_until:
            self._version = self.version()
            self._fresh_until = time.monotonic() + FRESH_SECONDS
        return self._version

    def version(self, seconds: float = ASK_SECONDS) -> str:
        """Ask for its version; raises ScannerUnavailableError."""
        with self._connected(seconds) as connection:
            connection.send(b"zVERSION\0")
            return connection.reply()

    def judge(self, file: IO[bytes]) -> Verdict:
        file.seek(0)
        with self._connected(self._timeout_seconds) as connection:
            for frame in _framed(file):
                if not connection.send(frame):
                    # It has answered before the end, as it does to what is too long.
                    break
            return _verdict(connection.reply())

    @contextmanager
    def _connected(self, seconds: float) -> Iterator["_Connection"]:
        deadline = time.monotonic() + seconds
        try:
            with self._socket(min(seconds, CONNECT_SECONDS)) as opened:
                yield _Connection(opened, deadline)
        except OSError as error:
            raise ScannerUnavailableError(f"clamd does not answer: {error}") from error

    def _socket(self, seconds: float) -> socket.socket:
        if isinstance(self._address, tuple):
            opened = socket.create_connection(self._address, seconds)
            # The last frame is short, and would wait for the one before to arrive.
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        opened = socket.socket(socket.AF_UNIX)
        opened.settimeout(seconds)
        try:
            opened.connect(self._address)
        except OSError:
            opened.close()
            raise
        return opened


class _Connection:
    """A connection of which each step, and all of them together, have their time."""

    def __init__(self, opened: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = opened, deadline
        self._readable = select.poll()
        self._readable.register(opened, select.POLLIN)

    def send(self, data: bytes) -> bool:
        """Send all of it; False when an answer is there already, or nothing is taken any more."""
        if self._readable.poll(0):
            return False
        self._settimeout(SEND_SECONDS)
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def reply(self) -> str:
        """Return the answer."""
        data = b""
        while b"\0" not in data and len(data) < MOST_REPLY_BYTES:
            self._settimeout(self._deadline - time.monotonic())
            part = self._socket.recv(MOST_REPLY_BYTES)
            if not part:
                break
            data += part
        if not data:
            raise ConnectionError("it closed the connection without an answer")
        return data.partition(b"\0")[0].decode(errors="replace").strip()

    def _settimeout(self, seconds: float) -> None:
        left = min(seconds, self._deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError("it takes too long")
        self._socket.settimeout(left)


def _framed(file: IO[bytes]) -> Iterator[bytes]:
    before = b"zINSTREAM\0"
    for chunk in chunks_of(file):
        yield before + struct.pack("!I", len(chunk)) + chunk
        before = b""
    yield before + struct.pack("!I", 0)


def _verdict(reply: str) -> Verdict:
    """Read an answer; what is neither a clear OK nor a name is never clean."""
    said = reply.removeprefix("stream: ")
    if said == "OK" and reply != said:
        return CLEAN
    if said.endswith(" FOUND"):
        name = said.removesuffix(" FOUND")
        return Verdict("unscannable" if name.startswith(_NOT_LOOKED_AT) else "infected", name)
    if said.startswith(_ITS_OWN):
        raise ScannerUnavailableError(f"clamd cannot scan: {said[:200]}")
    return Verdict("unscannable", f"clamd says {said[:200]!r}")
