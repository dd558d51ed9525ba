"""PDFs that are there already: merged, split, and forms filled, each as a document of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.documents.models import Document, DocumentFormat
from apps.documents.services.documents import ask_for
from apps.documents.services.protecting import passwords_text, protection_text
from apps.documents.services.signing import key_to_sign_with
from apps.documents.services.sources import data_text
from kernel.errors import InvalidInputError
from kernel.identity.rights import remembered_rights
from kernel.ids import canonical_id
from kernel.rows import check_count


class Sealed(TypedDict, total=False):
    """What becomes of what is made: it is signed with a key, or takes passwords."""

    sign_with: str | None
    #: As of documents of a template.
    protect: Mapping[str, Any] | None


@transaction.atomic
def merge_pdfs(
    *,
    file_ids: Sequence[str],
    title: str,
    passwords: Sequence[Mapping[str, str]] | None = None,
    **sealed: Unpack[Sealed],
) -> Document:
    """Let a job make one PDF of several files, with a bookmark for each.

    `passwords` has a `file_id` and the `password` of each that is encrypted.

    Raises InvalidInputError, LimitExceededError, UnavailableError, and for a key that it is to be
    signed with ForbiddenError, NotFoundError, ConflictError.
    """
    check_count("fileIds", file_ids)
    if len(file_ids) < 2:
        raise InvalidInputError(f"two files are needed to be merged, found {len(file_ids)}")
    told = {"name": "merge", "files": [canonical_id(one) for one in file_ids]}
    given = passwords or ()
    check_count("passwords", given)
    opening = {canonical_id(one["file_id"]): one["password"] for one in given}
    document = _asked(title, told, opening, sealed)
    ask_for([document])
    return document


@transaction.atomic
def split_pdf(
    *,
    file_id: str,
    ranges: Sequence[Mapping[str, int]],
    title: str | None = None,
    password: str | None = None,
    **sealed: Unpack[Sealed],
) -> list[Document]:
    """Let a job for each range of pages, counted from 1, make a PDF of them.

    Raises as `merge_pdfs` does.
    """
    check_count("ranges", ranges)
    if not ranges:
        raise InvalidInputError("a range of pages is needed")
    documents = []
    for one in ranges:
        first, last = one["first"], one["last"]
        if not 1 <= first <= last:
            raise InvalidInputError(f"pages are from 1 on, the last not before: {first} to {last}")
        pages = f"page {first}" if first == last else f"pages {first} to {last}"
        told = {"name": "split", "files": [canonical_id(file_id)], "first": first, "last": last}
        shown = f"{title}, {pages}" if title else pages.capitalize()
        documents.append(_asked(shown, told, _opening(told, password), sealed))
    ask_for(documents)
    return documents


@transaction.atomic
def fill_pdf_form(
    *,
    file_id: str,
    values: Mapping[str, Any],
    flatten: bool = False,
    title: str | None = None,
    password: str | None = None,
    **sealed: Unpack[Sealed],
) -> Document:
    """Let a job make a form with values by the names of its fields; flattened it has none.

    Raises as `merge_pdfs` does.
    """
    text = data_text(values, kind=dict)
    for name, value in values.items():
        texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not (texts or isinstance(value, str | bool)):
            raise InvalidInputError(
                f"the value of {name[:60]!r} is a text, true or false, or a list of texts"
            )
    told = {"name": "fill", "files": [canonical_id(file_id)], "flatten": flatten}
    document = _asked(title or "Form", told, _opening(told, password), sealed)
    document.data = text
    ask_for([document])
    return document


def _opening(operation: dict[str, Any], password: str | None) -> dict[str, str]:
    return dict.fromkeys(operation["files"], password) if password else {}


def _asked(
    title: str, operation: dict[str, Any], opening: Mapping[str, str], sealed: Sealed
) -> Document:
    sign_with = sealed.get("sign_with")
    return Document(
        title=title,
        format=DocumentFormat.PDF,
        operation=operation,
        passwords=passwords_text(opening, operation["files"]),
        signing_key_id=key_to_sign_with(sign_with, DocumentFormat.PDF),
        protection=protection_text(
            sealed.get("protect"), None, DocumentFormat.PDF, signed=bool(sign_with)
        ),
        asked_by=remembered_rights(),
    )
