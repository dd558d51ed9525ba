"""What a process logs, on its way to a collector: the lines of the log, beside those it writes."""

import logging
from dataclasses import dataclass
from typing import Any, Protocol

from kernel.observability.context import current_ids
from kernel.observability.logging import JsonFormatter, as_text

#: Characters of one record; of a longer one each part is shortened.
MOST_CHARACTERS = 8_000
#: What is told then of a part: its beginning and, as in the trace of an exception, its end.
_BEGINNING, _END = 300, 1_200
#: The threads that send to a collector: what they log would be sent by themselves, for ever.
SENDERS = ("spans", "log records")


@dataclass(frozen=True, slots=True)
class Record:
    """One line as JSON, which is masked where it is sent, and what it belongs to."""

    at_ns: int
    text: str
    trace: str
    #: Empty where no span of the trace is kept.
    span: str


class Sink(Protocol):
    """Takes records at once, whatever becomes of them, and raises nothing."""

    def take(self, one: Record) -> None:
        """Send it some time, or drop it."""
        ...


class RecordHandler(logging.Handler):
    """Gives what is logged to who sends it. It never waits for the network."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self._lines = JsonFormatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record sent some time, unless who sends has said it."""
        if record.threadName in SENDERS:
            return
        try:
            ids = current_ids()
            line = self._lines.told(record)
            text = as_text(line)
            if len(text) > MOST_CHARACTERS:
                text = as_text({name: _shortened(value) for name, value in line.items()})
        except Exception:  # noqa: BLE001  as the handlers of logging do
            self.handleError(record)
            return
        span = ids.span if ids.sampled else ""
        self._sink.take(Record(int(record.created * 1e9), text, ids.trace, span))


def _shortened(value: Any) -> str:
    text = str(value)
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]} … {text[-_END:]}"
