"""What a call may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call in a sandbox may take before it is ended."""

    #: Beyond what the process has that it is forked from; what comes in is part of it.
    memory_bytes: int = 512_000_000
    #: Of the processor.
    cpu_seconds: int = 20
    #: From its beginning, with what the caller takes to send.
    seconds: float = 60.0
    #: Of all that is answered.
    output_bytes: int = 20_000_000
