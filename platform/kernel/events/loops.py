"""What threads of events do over and over."""

from typing import Protocol


class Looped(Protocol):
    """Work that one thread does over and over."""

    def step(self) -> int:
        """Do some of it, and return how much there was."""

    def lost(self) -> None:
        """Forget what an error has made doubtful."""

    def stop(self) -> None:
        """Let others do it."""
