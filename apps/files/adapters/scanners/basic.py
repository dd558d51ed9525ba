"""The check that is always made, and the only one where there is no scanner."""

from collections.abc import Iterable, Iterator
from typing import IO

from apps.files.adapters.scanners.port import CLEAN, Verdict
from apps.files.domain.verdicts import BASIC_CHECK

CHUNK_BYTES = 256 * 1024
#: The signature every scanner knows (https://www.eicar.org). In two halves, or this very file
#: would be one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class BasicCheck:
    """Looks for the test signature alone: what is clean to it was, in truth, not scanned."""

    name = BASIC_CHECK
    most_bytes: int | None = None

    def signatures(self) -> str:
        return "EICAR"

    def judge(self, file: IO[bytes]) -> Verdict:
        file.seek(0)
        return self.judge_chunks(chunks_of(file))

    def judge_chunks(self, chunks: Iterable[bytes]) -> Verdict:
        """Judge bytes that cannot be read twice."""
        end = b""
        for chunk in chunks:
            if EICAR in end + chunk:
                return Verdict("infected", "EICAR test signature")
            end = (end + chunk)[-len(EICAR) + 1 :]
        return CLEAN


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file from where it stands."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
