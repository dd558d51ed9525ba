"""Where the data of documents comes from: the request, a file, a question, or an import.

Files are read and questions are asked by a job, with what whoever asked for the document may do
then and may still do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from apps.documents.conf import DATA_BYTES, DATA_FILE_BYTES
from apps.documents.domain.evaluation.evaluating import MOST_IMAGE_BYTES
from apps.documents.domain.gallery import pictures
from apps.documents.domain.items import Item, ItemsError, checked, items_of, kind_of
from apps.documents.errors import DataUnreadableError
from apps.documents.models import TemplateVersion
from apps.documents.models.making import Made
from apps.documents.services.asking import answered
from apps.documents.services.imported_data import of_import, rows_of_import
from apps.documents.services.rendering import Source
from apps.documents.services.uploads import content_of
from kernel.errors import InvalidInputError
from kernel.identity.rights import remaining_rights
from kernel.identity.service_tokens import own_principal
from kernel.ids import parse_id
from kernel.mesh.fetching import Fetched, fetched
from kernel.mesh.questions import check_question
from kernel.tenancy.context import acting_as, current_tenant_id

#: Pages of a connection that one question may follow.
_MOST_PAGES = 1_000


def checked_query(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a question as a row keeps it; raises InvalidInputError for one that changes things."""
    if not told:
        return {}
    text, service = str(told["query"]), str(told.get("service") or "")
    check_question(text, service)
    return {
        "service": service,
        "query": text,
        "variables": told.get("variables") or {},
        "items": told.get("items") or "",
    }


def checked_id(told: str | None) -> Any:
    """Return the id of a file of data, or of an import; the job asks whether it is there."""
    return parse_id(told) if told else None


def data_text(data: Any, *, kind: type) -> str:
    """Return JSON as it is kept; raises InvalidInputError for what is no such, or too long."""
    if data is None:
        return ""
    if not isinstance(data, kind):
        raise InvalidInputError(f"data is {'a list' if kind is list else 'an object'}")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    most = DATA_BYTES.value()
    if len(text.encode()) > most:
        raise InvalidInputError(f"data has at most {most} bytes as JSON; send more as a file")
    return text


@contextmanager
def data_of(row: Made) -> Iterator[tuple[Iterator[bytes], int]]:
    """Give the data of a document, and how long it is.

    Raises DataUnreadableError, ForbiddenError, NotFetchedError, PayloadTooLargeError,
    UnavailableError.
    """
    if row.data_file_id:
        with _file(row) as file:
            yield file.chunks, file.size_bytes
        return
    if row.import_job_id:
        with of_import(row) as found:
            yield found
        return
    text = row.data or "{}"
    if row.query:
        text = json.dumps(_answer(row), ensure_ascii=False)
    data = text.encode()
    yield iter([data]), len(data)


@contextmanager
def items_for(row: Made) -> Iterator[Iterator[Item]]:
    """Give the items of a batch; raises as `data_of` does, also while they are taken."""
    most = DATA_BYTES.value()
    if row.data_file_id:
        with _file(row) as file:
            try:
                kind = kind_of(file.name, file.content_type)
                yield _readable(items_of(kind, file.chunks, most_bytes=most))
            except ItemsError as error:
                raise DataUnreadableError(str(error)) from error
        return
    values: Iterable[Any]
    if row.import_job_id:
        values = rows_of_import(row)
    else:
        values = _asked_items(row) if row.query else json.loads(row.data or "[]")
    yield (checked(one, f"/{at}", most) for at, one in enumerate(values))


def source_of(version: TemplateVersion) -> Source:
    """Return what documents of a version are made of, but for their data.

    Its pictures are read as its tenant's own service. Raises NotFetchedError, UnavailableError,
    NotFoundError, and what else is retryable.
    """
    return Source(
        template=version.resolved.encode(),
        schema=version.schema.encode(),
        upload=content_of(version.uploaded) if version.uploaded else b"",
        fonts=content_of(version.fonts) if version.fonts else b"",
        assets=_assets_of(version),
    )


def _assets_of(version: TemplateVersion) -> dict[str, bytes]:
    return {
        name: pictures()[told["gallery"]]
        if "gallery" in told
        else _asset(str(told["file"]), int(told["version"]))
        for name, told in version.assets.items()
    }


def _readable(items: Iterator[Item]) -> Iterator[Item]:
    try:
        yield from items
    except ItemsError as error:
        raise DataUnreadableError(str(error)) from error


@contextmanager
def _file(row: Made) -> Iterator[Fetched]:
    with acting_as(remaining_rights(row.asked_by)):
        opened = fetched(str(row.data_file_id), most_bytes=DATA_FILE_BYTES.value())
        with opened as file:
            yield file


def _asset(file_id: str, version: int) -> bytes:
    who = own_principal(current_tenant_id(), "files:read")
    with (
        acting_as(who),
        fetched(file_id, version=version, most_bytes=MOST_IMAGE_BYTES) as file,
    ):
        return b"".join(file.chunks)


def _answer(row: Made, **more: Any) -> dict[str, Any]:
    told = row.query
    return answered(row, told["service"], told["query"], **{**told["variables"], **more})


def _asked_items(row: Made) -> Iterator[Any]:
    """Yield what the query finds at its path; of a connection, page after page."""
    more: dict[str, Any] = {}
    path = [step for step in row.query["items"].split(".") if step]
    for _ in range(_MOST_PAGES):
        found: Any = _answer(row, **more)
        holder: Any = found
        for step in path:
            holder, found = found, found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, list):
            raise DataUnreadableError(f"there is no list at {row.query['items'][:100]!r}")
        yield from found
        page: Any = holder.get("pageInfo") if isinstance(holder, dict) else None
        if not isinstance(page, dict) or not page.get("hasNextPage") or not page.get("endCursor"):
            return
        more = {"after": page["endCursor"]}
    raise DataUnreadableError(f"the query has more than {_MOST_PAGES} pages")
