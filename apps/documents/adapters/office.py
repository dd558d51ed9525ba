"""Files of Word and Excel as PDF, by LibreOffice: for pictures of what was filled, and no more.

It runs for one file, in a folder and a profile of its own that go with it, with bounds on memory,
time of the processor, length of what it writes and time at all. It is no sandbox of ours: it is
given only what was filled of a template that has no programs and fetches nothing from elsewhere.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

#: Sets bounds on itself, and becomes the program: the bounds hold for all that this begins.
_BOUNDED = """
import os, resource, sys
for name, most in zip(("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE"), map(int, sys.argv[1:4])):
    resource.setrlimit(getattr(resource, name), (most, most))
os.execvp(sys.argv[4], sys.argv[4:])
"""
_ARGUMENTS = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--convert-to", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLimits:
    """What the making of one PDF may take."""

    #: Of addresses, of which LibreOffice takes more than it fills.
    memory_bytes: int = 4_000_000_000
    cpu_seconds: int = 15
    seconds: float = 20.0
    output_bytes: int = 50_000_000


class OfficeError(Exception):
    """There is no PDF; the message says why, for people."""


def found_program(name: str) -> str | None:
    """Return where LibreOffice is, by its name or its path; None where it is not installed."""
    return shutil.which(name) if name else None


def pdf_of(content: bytes, *, kind: str, program: str, limits: OfficeLimits) -> bytes:
    """Return a file of a kind (docx, xlsx) as PDF; raises OfficeError."""
    with tempfile.TemporaryDirectory(prefix="septet-office-") as name:
        folder = Path(name)
        given, made = folder / f"given.{kind}", folder / "given.pdf"
        given.write_bytes(content)
        _run(_command(program, folder, given, limits), folder, limits.seconds)
        if not made.is_file():
            raise OfficeError("LibreOffice makes no PDF of it")
        if made.stat().st_size > limits.output_bytes:
            raise OfficeError(f"as PDF it has more than {limits.output_bytes:,} bytes")
        return made.read_bytes()


def _command(program: str, folder: Path, given: Path, limits: OfficeLimits) -> list[str]:
    bounds = (limits.memory_bytes, limits.cpu_seconds, limits.output_bytes)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    own = [program, profile, *_ARGUMENTS, "--outdir", str(folder), str(given)]
    return [sys.executable, "-I", "-S", "-c", _BOUNDED, *map(str, bounds), *own]


def _run(command: list[str], folder: Path, seconds: float) -> None:
    """Let it work until it ends or the time is over; nothing of it is left running."""
    process = subprocess.Popen(  # noqa: S603  a program of the operator's  # nosec B603
        command,
        cwd=folder,
        # Of ours it learns nothing.
        env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise OfficeError(f"LibreOffice takes longer than {seconds:g} seconds") from None
    finally:
        # Also what it has begun, such as its own child that does the work.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        raise OfficeError(f"LibreOffice ends with {process.returncode}")
