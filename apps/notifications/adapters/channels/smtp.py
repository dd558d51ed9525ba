"""Connections to the mail server that are open, and used again by whoever sends next."""

import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from django.conf import settings
from django.core.mail import get_connection

from apps.notifications.conf import MAIL_LINES
from apps.notifications.errors import ProviderBusyError

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
#: Servers close what is silent for longer, and some what has carried many messages.
IDLE_SECONDS = 30.0
MOST_MESSAGES = 100
#: One that was silent for less is not asked whether it is still there.
ASKED_SECONDS = 1.0
#: How long a message waits for a line that others use.
WAIT_SECONDS = 60.0
#: And how long it is put off that got none: nothing was tried, so that is no attempt.
BUSY_SECONDS = 30.0
#: To open another line is worth it for so many messages.
WORTH_A_LINE = 10
_OK = 250
#: The server closes the connection, and has taken nothing if it says so before the message.
_CLOSING = 421


def lines_for(count: int) -> int:
    """Return how many lines are to carry so many messages."""
    if settings.EMAIL_BACKEND != BACKEND:
        return 1
    return min(MAIL_LINES.value(), -(-count // WORTH_A_LINE))


@dataclass(slots=True)
class Line:
    """A connection that is open, and how long it may be."""

    connection: Any
    server: tuple[str, int]
    count: int = 0
    used: float = field(default_factory=time.monotonic)

    def good(self) -> bool:
        """Say whether it carries another message.

        One that was silent is asked before anything is said: a server that closed it has taken
        nothing. What breaks behind that is for the next attempt, for it may have been taken.
        """
        quiet = time.monotonic() - self.used
        if self.count >= MOST_MESSAGES or quiet >= IDLE_SECONDS or self.server != _server():
            return False
        return quiet < ASKED_SECONDS or self._answers("noop")

    def send(self, mail: Any) -> None:
        """Send a mail; raises what smtplib raises, after which `usable` says how it stands."""
        self.connection.send_messages([mail])
        self.count += 1
        self.used = time.monotonic()

    def usable(self) -> bool:
        """Say whether it carries others after the server has refused one."""
        self.used = time.monotonic()
        return self._answers("rset")

    def close(self) -> None:
        """Let it go."""
        with suppress(Exception):
            self.connection.close()

    def _answers(self, verb: str) -> bool:
        try:
            code, _ = getattr(self.connection.connection, verb)()
        except (smtplib.SMTPException, OSError, AttributeError):
            return False
        return bool(code == _OK)


class Lines:
    """Those of this process: some carry a message now, the others wait for the next."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._idle: list[Line] = []
        self._busy = 0
        #: How many of the busy have no line, and wait for one that others use.
        self._waiting = 0

    def send(self, mail: Any) -> None:
        """Send a mail over a line that is open, or over a new one.

        Raises ProviderBusyError where all stay busy, else what smtplib and sockets raise.
        """
        with self._line() as line:
            fresh = line.count == 0
            try:
                line.send(mail)
                return
            except smtplib.SMTPSenderRefused as error:
                if fresh or error.smtp_code != _CLOSING:
                    raise
                line.close()
        # It had carried as much as the server wants one to.
        with self._line(new=True) as line:
            line.send(mail)

    def close(self) -> None:
        """Let all go that wait."""
        with self._changed:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    @contextmanager
    def _line(self, *, new: bool = False) -> Iterator[Line]:
        most = MAIL_LINES.value()
        with self._changed:
            self._wait_until(lambda: self._busy < most)
            self._busy += 1
        try:
            line = self._opened() if new else self._taken() or self._opened()
            try:
                yield line
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
                self._put_back(line, good=line.usable())
                raise
            except BaseException:
                line.close()
                raise
            self._put_back(line, good=line.connection.connection is not None)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _wait_until(self, so: Callable[[], bool]) -> None:
        if not self._changed.wait_for(so, WAIT_SECONDS):
            raise ProviderBusyError(
                "all lines to the mail server are busy", wait_seconds=BUSY_SECONDS
            )

    def _taken(self) -> Line | None:
        while True:
            with self._changed:
                line = self._idle.pop() if self._idle else None
            if line is None or line.good():
                return line
            line.close()

    def _opened(self) -> Line:
        """Return a new line, or one of others where the server wants no more of them.

        Raises AwayError where nobody else has one.
        """
        while True:
            try:
                return self._open()
            except AwayError:
                line = self._left_by_others()
                if line is None:
                    raise
            if line.good():
                return line
            line.close()

    def _left_by_others(self) -> Line | None:
        """Wait for a line that somebody puts back; return none when all who might wait as well."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
            try:
                self._wait_until(lambda: bool(self._idle) or self._busy == self._waiting)
            finally:
                self._waiting -= 1
            return self._idle.pop() if self._idle else None

    def _open(self) -> Line:
        try:
            connection = get_connection(fail_silently=False)
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            raise AwayError(error) from error
        return Line(connection, _server())

    def _put_back(self, line: Line, *, good: bool) -> None:
        if not good:
            line.close()
            return
        with self._changed:
            self._idle.append(line)


class AwayError(Exception):
    """No connection to the mail server can be had; nothing was given to it."""


lines = Lines()


def _server() -> tuple[str, int]:
    return settings.EMAIL_HOST, settings.EMAIL_PORT
