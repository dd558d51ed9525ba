"""Rendering: a template and data become the bytes of a document, in a process of its own.

Whatever a template does there it does to itself: it gets an error, and the next one its turn.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, Any, BinaryIO, cast

from apps.documents.adapters.sandboxed.packing import ASSET, head
from apps.documents.conf import DOCUMENT_BYTES, RENDERING_MEMORY_BYTES, RENDERING_TIME
from apps.documents.domain.findings import Finding, Severity
from apps.documents.domain.protection import Protection
from apps.documents.errors import (
    DataRefusedError,
    DocumentRefusedError,
    FindingsError,
    PdfPasswordError,
    RenderingFailedError,
    RenderingLimitError,
    TemplateRefusedError,
)
from kernel.sandbox import Answer, Limits, Sandbox, SandboxError, SandboxReason

RENDERING = Sandbox("apps.documents.adapters.sandboxed.program")
_REFUSALS: Mapping[str, type[FindingsError]] = {
    "template": TemplateRefusedError,
    "data": DataRefusedError,
    "document": DocumentRefusedError,
    "password": PdfPasswordError,
}
_LIMITS = {
    SandboxReason.MEMORY: "memory",
    SandboxReason.TIME: "time",
    SandboxReason.OUTPUT: "room",
}
#: What a document of a format begins with, if it is one.
_BEGINNINGS = {"pdf": b"%PDF-", "xlsx": b"PK\3\4", "docx": b"PK\3\4", "html": b"<!"}
#: Of all that a program in the sandbox may say that was taken over.
_MOST_FINDINGS = 100
_MOST_PAGES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a document is made of: JSON as bytes, and pictures by the names that blocks have.

    The data may come bit by bit; `data_bytes` then says how long it is. `partials` and `theme` are
    for what the template does not say itself, `schema` is what the data is held to.
    """

    template: bytes
    data: bytes | Iterable[bytes] = b"{}"
    data_bytes: int | None = None
    partials: bytes = b""
    theme: bytes = b""
    schema: bytes = b""
    #: A file of Word or Excel that is filled in the place of the template's blocks.
    upload: bytes = b""
    #: Those that the tenant has brought, as the sandbox has kept them.
    fonts: bytes = b""
    assets: Mapping[str, bytes] = field(default_factory=dict)

    def lengths(self) -> dict[str, int]:
        """Return what there is, by name, and how long it is; the data is the last."""
        parts = {name: len(part) for name, part in self._parts()}
        if not isinstance(self.data, bytes) and self.data_bytes is None:
            raise ValueError("data that comes bit by bit has a known length")
        parts["data"] = len(self.data) if isinstance(self.data, bytes) else self.data_bytes or 0
        return parts

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it, in this order."""
        for _, part in self._parts():
            yield part
        yield from [self.data] if isinstance(self.data, bytes) else self.data

    def _parts(self) -> Iterator[tuple[str, bytes]]:
        yield "template", self.template
        for name in ("partials", "theme", "schema", "upload", "fonts"):
            if part := getattr(self, name):
                yield name, part
        for name, part in self.assets.items():
            yield ASSET + name, part


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What is known of a document that was made; `pages` is 0 where there are none."""

    title: str
    pages: int
    size_bytes: int
    sha256: str
    cpu_seconds: float


def usual_limits() -> Limits:
    """Return what the making of one document may take."""
    seconds = RENDERING_TIME.value().total_seconds()
    return Limits(
        memory_bytes=RENDERING_MEMORY_BYTES.value(),
        cpu_seconds=max(int(seconds), 1),
        # Of a machine that is busy; what the data takes to come is part of it.
        seconds=seconds * 3,
        output_bytes=DOCUMENT_BYTES.value(),
    )


def render(
    source: Source,
    out: BinaryIO,
    *,
    format: str,
    locale: str = "",
    protection: Protection | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Write a document to `out`; what is there after an error is none of it.

    The same source has the same bytes each time, if it is not protected. Raises
    TemplateRefusedError, DataRefusedError, DocumentRefusedError, RenderingLimitError,
    RenderingFailedError; OSError when it may go otherwise the next time.
    """
    lengths, first = source.lengths(), head(source.lengths())
    return _run(
        "render",
        itertools.chain([first], source.chunks()),
        len(first) + sum(lengths.values()),
        out,
        kind=format,
        limits=limits or usual_limits(),
        arguments={
            "format": format,
            "locale": locale,
            "protection": _told(protection),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A PDF that is there, and what opens it where it is encrypted."""

    title: str
    size_bytes: int
    chunks: Callable[[], Iterator[bytes]]
    password: str = field(default="", repr=False)


def merge(
    parts: Sequence[Part],
    out: BinaryIO,
    *,
    title: str,
    protection: Protection | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Write PDFs as one, with a bookmark for each; the same ones have the same bytes each time.

    Not so where they are protected. Raises DocumentRefusedError, PdfPasswordError,
    RenderingLimitError, RenderingFailedError; OSError when it may go otherwise later.
    """
    about = json.dumps([(part.title, part.password) for part in parts]).encode()
    lengths = {"about": len(about)}
    lengths |= {str(at): part.size_bytes for at, part in enumerate(parts)}
    first = head(lengths)
    return _run(
        "merge",
        itertools.chain([first, about], *(part.chunks() for part in parts)),
        len(first) + sum(lengths.values()),
        out,
        kind="pdf",
        limits=limits or usual_limits(),
        arguments={"title": title, "protection": _told(protection)},
    )


def split(
    part: Part,
    out: BinaryIO,
    *,
    first: int,
    last: int,
    protection: Protection | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Write some pages of a PDF, counted from 1; raises as `merge` does."""
    return _run(
        "split",
        part.chunks(),
        part.size_bytes,
        out,
        kind="pdf",
        limits=limits or usual_limits(),
        arguments={
            "first": first,
            "last": last,
            "password": part.password,
            "protection": _told(protection),
        },
    )


def fill_form(
    part: Part,
    values: bytes,
    out: BinaryIO,
    *,
    flatten: bool,
    protection: Protection | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Write a form with values, as JSON by the names of its fields; raises as `merge` does."""
    lengths = {"values": len(values), "form": part.size_bytes}
    first = head(lengths)
    return _run(
        "fill_form",
        itertools.chain([first, values], part.chunks()),
        len(first) + sum(lengths.values()),
        out,
        kind="pdf",
        limits=limits or usual_limits(),
        arguments={
            "flatten": flatten,
            "password": part.password,
            "protection": _told(protection),
        },
    )


def called(
    function: str,
    data: Iterable[bytes],
    *,
    size: int,
    limits: Limits,
    arguments: dict[str, Any] | None = None,
    into: BinaryIO | None = None,
) -> Answer:
    """Let the sandbox do something; what it answers may be made up by a program that took it over.

    Raises RenderingLimitError, RenderingFailedError, and what it has refused; OSError.
    """
    try:
        answer = RENDERING.run(
            function, data, size=size, limits=limits, arguments=arguments, into=into
        )
    except SandboxError as error:
        if what := _LIMITS.get(cast(SandboxReason, error.code)):
            raise RenderingLimitError(f"the document takes more {what} than one may") from error
        raise RenderingFailedError(f"the document cannot be made: {error.code}") from error
    if "refused" in answer.told:
        raise _refusal(answer.told)
    return answer


def findings_of(told: Any) -> list[Finding]:
    """Return findings that the sandbox tells of; raises KeyError, TypeError, ValueError."""
    return [_finding(one) for one in told[:_MOST_FINDINGS]]


def _told(protection: Protection | None) -> dict[str, Any] | None:
    return asdict(protection) if protection else None


def _run(
    function: str,
    data: Iterable[bytes],
    size: int,
    out: BinaryIO,
    *,
    kind: str,
    limits: Limits,
    arguments: dict[str, Any],
) -> Rendered:
    written = Written(out, _BEGINNINGS.get(kind, b""))
    answer = called(
        function,
        data,
        size=size,
        limits=limits,
        arguments=arguments,
        into=cast(BinaryIO, written),
    )
    title, pages = answer.told.get("title"), answer.told.get("pages")
    believable = isinstance(title, str) and isinstance(pages, int) and 0 <= pages <= _MOST_PAGES
    if not (believable and written.begins_well):
        raise RenderingFailedError(f"what was made is no {kind}")
    return Rendered(
        title=str(title)[:255],
        pages=int(cast(int, pages)),
        size_bytes=written.size,
        sha256=written.sha256.hexdigest(),
        cpu_seconds=answer.cpu_seconds,
    )


class Written:
    """Passes on what is written, and knows how long it is and by which hash."""

    def __init__(self, out: BinaryIO | IO[bytes], beginning: bytes = b"") -> None:
        self._out = out
        self._beginning = beginning
        self._begun = b""
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._begun += piece[: len(self._beginning) - len(self._begun)]
        self.size += len(piece)
        self.sha256.update(piece)
        return self._out.write(piece)

    def flush(self) -> None:
        self._out.flush()

    @property
    def begins_well(self) -> bool:
        return self._begun == self._beginning


def _refusal(told: dict[str, Any]) -> Exception:
    """Return what findings say; a program that was taken over may have made them up."""
    kind = _REFUSALS.get(str(told["refused"]))
    try:
        findings = findings_of(told["findings"])
    except (KeyError, TypeError, ValueError):
        findings = []
    if kind is None or not findings:
        return RenderingFailedError("the document cannot be made")
    return kind(findings)


def _finding(told: dict[str, Any]) -> Finding:
    def text(name: str) -> str:
        return str(told[name])[:500]

    return Finding(
        place=text("place"),
        code=text("code"),
        message=text("message"),
        block=text("block"),
        expression=text("expression"),
        at=None if told["at"] is None else int(told["at"]),
        severity=Severity(told["severity"]),
    )
