"""Logs as JSON lines for machines or short lines for people, with ids and without secrets."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from kernel.observability.context import current_ids

#: What a key looks like, a damaged one too; the id before the secret may be shown.
_SECRET = re.compile(r"(septet_[a-z]+_[0-9a-f]{16}_)[0-9a-f]+")
#: Paths that are secrets themselves: Django's own warnings and errors name the path of a request.
_SECRET_PATH = re.compile(r"(/(?:invitations|account/password/reset)/)[^/\s\"']+(?=/)")
#: The signature of a link (`django.core.signing`): without it what is before it is nothing.
_SIGNATURE = re.compile(r"([\w.-]:)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        ids = current_ids()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if ids.request:
            line |= {"request_id": ids.request, "trace_id": ids.trace}
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return mask(json.dumps(line, default=str, ensure_ascii=False))


class ConsoleFormatter(logging.Formatter):
    """Time, level and message; whatever else was told, after them."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, tz=UTC).strftime("%H:%M:%S")
        told = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        text = f"{time} {record.levelname:<7} {record.getMessage()}"
        text += "".join(f" {name}={value}" for name, value in told.items())
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return mask(text)


def mask(text: str) -> str:
    """Hide the secret of any API key in a text, and what makes a link one's own."""
    for secret in (_SECRET, _SECRET_PATH, _SIGNATURE):
        text = secret.sub(r"\1***", text)
    return text


def logging_config(*, level: str, style: str) -> dict[str, Any]:
    """Return Django's LOGGING setting: everything on standard error in one style."""
    formatter = JsonFormatter if style == "json" else ConsoleFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{formatter.__module__}.{formatter.__qualname__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
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
        },
    }
