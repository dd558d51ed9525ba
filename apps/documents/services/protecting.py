"""Passwords of documents: taken once, kept sealed, told nobody again."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from apps.documents.domain.protection import Protection
from apps.documents.models import Document, DocumentFormat, TemplateVersion
from apps.documents.models.making import Made
from kernel.errors import InvalidInputError
from kernel.secrets.reading import read_secret

#: ISO 32000-2: of more a PDF takes nothing into account.
MOST_BYTES = 127


def protection_text(
    told: Mapping[str, Any] | None,
    version: TemplateVersion | None,
    format: DocumentFormat,
    *,
    signed: bool,
) -> str | None:
    """Return a protection as a row keeps it, None for none.

    Raises InvalidInputError where there can be none: of other formats than PDF, with a signature,
    and of PDFs that are kept for years.
    """
    if told is None:
        return None
    if format is not DocumentFormat.PDF:
        raise InvalidInputError(f"only PDF takes a password, and not {format}")
    if signed:
        raise InvalidInputError("a document is protected or signed, and not both")
    if version is not None and _is_kept(version):
        raise InvalidInputError(
            "the template makes PDF/A or an invoice for programs, which has no password"
        )
    return json.dumps(asdict(_protection(told)))


def protection_of(row: Made) -> Protection | None:
    """Return what a worker protects a document with."""
    if row.protection is None:
        return None
    text = read_secret(row, "protection", purpose="protect documents", shown=False)
    return Protection(**json.loads(text))


def passwords_text(told: Mapping[str, str], files: Sequence[str]) -> str | None:
    """Return what opens files as a row keeps it, None for nothing; raises InvalidInputError."""
    for file_id, password in told.items():
        if file_id not in files:
            raise InvalidInputError(f"a password is for a file that is named, and not {file_id}")
        check_password(password)
    return json.dumps(told) if told else None


def passwords_of(document: Document) -> dict[str, str]:
    """Return what opens the files that a document is made of, by their ids."""
    if document.passwords is None:
        return {}
    text = read_secret(document, "passwords", purpose="open PDFs", shown=False)
    found: dict[str, str] = json.loads(text)
    return found


def check_password(text: str) -> None:
    """Raise InvalidInputError for one that no PDF has."""
    if len(text.encode()) > MOST_BYTES:
        raise InvalidInputError(f"a password has at most {MOST_BYTES} bytes")


def _protection(told: Mapping[str, Any]) -> Protection:
    user, owner = told.get("password") or "", told.get("owner_password") or ""
    if not user and not owner:
        raise InvalidInputError("a password is needed: to open the document, or to change it")
    check_password(user)
    check_password(owner)
    if user == owner:
        raise InvalidInputError("the owner's password is another than the one that opens it")
    return Protection(
        user=user,
        # Nobody has it: nobody may do more than is allowed.
        owner=owner or secrets.token_urlsafe(24),
        printing=told.get("printing") is not False,
        copying=told.get("copying") is True,
    )


def _is_kept(version: TemplateVersion) -> bool:
    about = json.loads(version.resolved or "{}").get("pdf") or {}
    return bool(about.get("archive") or about.get("invoice"))
