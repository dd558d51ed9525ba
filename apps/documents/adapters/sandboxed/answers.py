"""What a call in the sandbox answers."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from apps.documents.domain.findings import Finding

Answer = tuple[dict[str, Any], list[bytes]]


def refused(what: str, findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what is told of a template, of data, or of a document, of which nothing is made."""
    return {"refused": what, "findings": [asdict(one) for one in findings]}
