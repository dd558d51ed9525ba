"""Logs as JSON lines for machines or short lines for people, with ids and without secrets."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from kernel.observability.context import current_ids
from kernel.observability.masking import Addresses, mask
from kernel.tenancy.context import told_tenant

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request"}


#: The logger of one line for each request.
REQUESTS = "septet.request"
#: How long what was said counts as said just now.
REPEATS_SECONDS = 10.0
#: What a line is about, where its message is the same for all.
SUBJECTS = ("statement", "field")
#: Different messages that are remembered.
MOST_REMEMBERED = 1_000


class Line(logging.Formatter):
    """A record in one line, without what no log tells."""

    def __init__(self, addresses: Addresses = "network") -> None:
        super().__init__()
        self._addresses = addresses

    def masked(self, text: str) -> str:
        """Hide secrets and data of persons."""
        return mask(text, self._addresses)


class JsonFormatter(Line):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return self.masked(as_text(self.told(record)))

    def told(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return what the line says, before anything is masked."""
        ids = current_ids()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if ids.request:
            line |= {"request_id": ids.request, "trace_id": ids.trace}
            if ids.sampled and ids.span:
                line["span_id"] = ids.span
            if ids.of != "request":
                line[f"{ids.of}_id"] = ids.request
        if tenant_id := told_tenant():
            line["tenant_id"] = tenant_id
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return line


def as_text(line: dict[str, Any]) -> str:
    """Return a line as JSON, whatever is in it."""
    return json.dumps(line, default=str, ensure_ascii=False)


class ConsoleFormatter(Line):
    """Time, trace, level and message; whatever else was told, after them."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, tz=UTC).strftime("%H:%M:%S")
        told = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        ids = current_ids()
        # As much of the trace as tells those apart that are on the screen.
        text = f"{time} {ids.trace[-8:] or '-':<8} {record.levelname:<7} {record.getMessage()}"
        text += "".join(f" {name}={value}" for name, value in told.items())
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return self.masked(text)


class Repeats(logging.Filter):
    """Lets what is said again and again through so often, and says then how often it was not.

    What counts as the same is a message before its values are put in, at one level, of one logger
    and about one subject; lines of requests are no repetition. Nothing at ERROR and above is held
    back.
    """

    def __init__(self, most: int, *, seconds: float = REPEATS_SECONDS) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._said: dict[tuple[str, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is let through."""
        if record.levelno >= logging.ERROR or record.name == REQUESTS or not self._most:
            return True
        about = (str(getattr(record, name, "")) for name in SUBJECTS)
        of = (record.name, record.levelname, str(record.msg), *about)
        since, count = self._said.get(of, (record.created, 0))
        if record.created - since >= self._seconds:
            if count > self._most:
                record.held_back = count - self._most
            since, count = record.created, 0
        if len(self._said) >= MOST_REMEMBERED:
            self._said.clear()
        self._said[of] = since, count + 1
        return count < self._most


def logging_config(
    *, level: str, style: str, repeats: int = 0, addresses: Addresses = "network"
) -> dict[str, Any]:
    """Return Django's LOGGING setting: everything on standard error in one style."""
    formatter = JsonFormatter if style == "json" else ConsoleFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": f"{formatter.__module__}.{formatter.__qualname__}",
                "addresses": addresses,
            }
        },
        "filters": {"repeats": {"()": f"{Repeats.__module__}.Repeats", "most": repeats}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["repeats"],
            },
            "notable": {"()": "kernel.observability.notable.handler", "addresses": addresses},
        },
        "root": {"handlers": ["stderr", "notable"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # The request log says the same with more.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            # The server's own start and stop are told by the command that runs it.
            "uvicorn": {"level": "WARNING"},
            # Each shift at a queue, which says nothing of the jobs done in it.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # Its warnings hold whole URLs, and the path of a webhook is often its secret.
            "urllib3": {"level": "ERROR"},
            # Where they found their settings, each time anew.
            "botocore": {"level": "WARNING"},
            "pikepdf": {"level": "WARNING"},
        },
    }
