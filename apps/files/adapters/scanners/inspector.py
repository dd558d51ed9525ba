"""Every engine on every file, and on everything that is packed in it."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import IO

from apps.files.adapters.scanners.basic import BasicCheck
from apps.files.adapters.scanners.port import CLEAN, Engine, Verdict
from apps.files.domain.archives import ArchiveError, Budget, Limits, archive_of, members
from apps.files.domain.verdicts import name_of


class Inspector:
    """Asks the basic check and these engines; the first that does not say clean is heard."""

    def __init__(self, engines: Sequence[Engine], limits: Limits) -> None:
        self._basic = BasicCheck()
        self._engines: tuple[Engine, ...] = (self._basic, *engines)
        self._limits = limits
        self.name = name_of([engine.name for engine in self._engines])

    def signatures(self) -> str:
        return "; ".join(engine.signatures() for engine in self._engines)

    def scan(self, chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        source = iter(chunks)
        # Whatever is done with the rest, the beginning tells what it is.
        first = next(source, b"")
        for engine in self._engines:
            if refused := _too_long(engine, size_bytes):
                return refused
        source = chain((first,), source)
        try:
            if size_bytes > self._limits.unpacked_bytes and len(self._engines) == 1:
                return self._streamed(first, source)
            with tempfile.TemporaryFile() as file:
                if not _copied(source, file, size_bytes):
                    return Verdict("unscannable", f"there are more than {size_bytes} bytes")
                return self._judged(file)
        except ArchiveError as error:
            return Verdict("unscannable", str(error))

    def _streamed(self, head: bytes, source: Iterable[bytes]) -> Verdict:
        """Judge what would take too much of the disk."""
        if kind := archive_of(head):
            most = self._limits.unpacked_bytes
            raise ArchiveError(f"a {kind} of more than {most:,} bytes is not looked into")
        return self._basic.judge_chunks(source)

    def _judged(self, file: IO[bytes]) -> Verdict:
        for engine in self._engines:
            verdict = engine.judge(file)
            if verdict != CLEAN:
                return verdict
        with closing(members(file, Budget(self._limits))) as found:
            for member in found:
                verdict = self._judged_member(member.file)
                if verdict != CLEAN:
                    return Verdict(verdict.outcome, f"{member.path}: {verdict.finding}")
        return CLEAN

    def _judged_member(self, file: IO[bytes]) -> Verdict:
        size_bytes = file.seek(0, os.SEEK_END)
        for engine in self._engines:
            verdict = _too_long(engine, size_bytes) or engine.judge(file)
            if verdict != CLEAN:
                return verdict
        return CLEAN


def _too_long(engine: Engine, size_bytes: int) -> Verdict | None:
    """Say of what is longer than an engine looks at that nobody can tell: it would say OK."""
    if engine.most_bytes is None or size_bytes <= engine.most_bytes:
        return None
    return Verdict(
        "unscannable", f"{size_bytes:,} bytes, and {engine.name} takes {engine.most_bytes:,}"
    )


def _copied(source: Iterator[bytes], file: IO[bytes], most: int) -> bool:
    """Copy all; False when there is more than there should be."""
    for chunk in source:
        if file.tell() + len(chunk) > most:
            return False
        file.write(chunk)
    return True
