"""How calls in a sandbox end that do not do their work."""

from enum import StrEnum

from kernel.sandbox import child


class SandboxReason(StrEnum):
    """Why a call was ended by the sandbox itself."""

    MEMORY = child.MEMORY
    #: Of the processor, or by the clock.
    TIME = "SANDBOX_TIME"
    OUTPUT = child.OUTPUT
    #: It died of what it was given, or was killed.
    CRASHED = "SANDBOX_CRASHED"
    #: The function raised what it does not tell of.
    FAILED = child.FAILED


class SandboxError(Exception):
    """The call has no answer; `code` is a SandboxReason, or what the function has refused with.

    The same call would end so again: that is about what it was given, and not about its turn. What
    may go otherwise the next time (no process can be started) is an OSError.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
