"""Rules of our own in the language of YARA, from a folder."""

import hashlib
import mmap
import os
import time
from pathlib import Path
from typing import IO, Any

from apps.files.adapters.scanners.port import CLEAN, Verdict
from apps.files.errors import ScannerUnavailableError

MATCH_SECONDS = 60
#: How soon a change of the folder is seen.
FRESH_SECONDS = 60.0
#: What rules are often written with, though here nobody knows it: they compile, and match nothing.
_EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")


class Yara:
    """The rules of a folder, compiled when it changes; one that matches is a finding."""

    name = "YARA"
    most_bytes: int | None = 1_000_000_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fresh_until = 0.0
        self._seen: object = None
        self._rules: Any = None
        self._hash = ""

    def signatures(self) -> str:
        """Return a sum of all rules."""
        self._refresh()
        return f"YARA rules {self._hash}"

    def judge(self, file: IO[bytes]) -> Verdict:
        import yara  # noqa: PLC0415  where there are no rules, nobody pays for it

        self._refresh()
        size = file.seek(0, os.SEEK_END)
        file.flush()
        try:
            if size:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    matches = self._rules.match(data=data, timeout=MATCH_SECONDS, fast=True)
            else:
                matches = self._rules.match(data=b"", timeout=MATCH_SECONDS)
        except yara.TimeoutError:
            return Verdict("unscannable", f"the rules took more than {MATCH_SECONDS} seconds")
        except yara.Error as error:
            raise ScannerUnavailableError(f"YARA cannot scan: {error}") from error
        if not matches:
            return CLEAN
        return Verdict("infected", ", ".join(sorted({match.rule for match in matches})[:5]))

    def _refresh(self) -> None:
        """Compile the rules if the folder has others; raises ScannerUnavailableError."""
        if time.monotonic() < self._fresh_until:
            return
        import yara  # noqa: PLC0415

        try:
            paths = sorted(path for path in self._folder.rglob("*.yar*") if path.is_file())
            seen = [(path, path.stat().st_mtime_ns) for path in paths]
            if seen != self._seen or self._rules is None:
                sources = {str(path): path.read_text(encoding="utf-8") for path in paths}
                if not sources:
                    raise ScannerUnavailableError(f"there are no rules in {self._folder}")
                self._rules = yara.compile(sources=sources, externals=_EXTERNALS)
                told = "\0".join(f"{name}\0{text}" for name, text in sources.items())
                self._hash = hashlib.sha256(told.encode()).hexdigest()[:16]
                self._seen = seen
        except (OSError, UnicodeDecodeError, yara.Error) as error:
            # Files wait rather than pass rules that nobody could ask.
            raise ScannerUnavailableError(f"the YARA rules cannot be read: {error}") from error
        self._fresh_until = time.monotonic() + FRESH_SECONDS
