"""Who looks at the bytes of a file before anybody gets them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Literal, Protocol

Outcome = Literal["clean", "infected", "unscannable", "refused"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says; `finding` is the name of what was found, or why it could not tell."""

    outcome: Outcome
    finding: str = ""


CLEAN = Verdict("clean")


class Scanner(Protocol):
    """Reads bytes to their end, and judges them.

    It raises a DomainError that is retryable when it can't be asked now; nothing but its verdict
    lets a file out.
    """

    #: As it is shown beside the verdict.
    name: str

    def signatures(self) -> str:
        """Return what it knows bad files by; with others, it may judge the same bytes otherwise."""
        ...

    def scan(self, chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        """Judge what these chunks make together, which is so long."""
        ...


class Engine(Protocol):
    """Judges bytes as they are, without looking for others that are packed in them."""

    name: str
    #: Of more it can't be trusted to see all; None where it sees any number.
    most_bytes: int | None

    def signatures(self) -> str:
        """Return what it knows bad files by; raises ScannerUnavailableError."""
        ...

    def judge(self, file: IO[bytes]) -> Verdict:
        """Judge a file, from wherever it stands; raises ScannerUnavailableError."""
        ...
