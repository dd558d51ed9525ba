"""Which fields a form of PDF has, for whoever is to fill it."""

from dataclasses import dataclass
from typing import Any

from apps.documents.conf import DATA_FILE_BYTES
from apps.documents.errors import RenderingFailedError
from apps.documents.services.previewing import awaited_limits, turn
from apps.documents.services.protecting import check_password
from apps.documents.services.rendering import called
from kernel.mesh.fetching import fetched

_MOST_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field; `options` are what it may hold, where that is not any text."""

    name: str
    kind: str
    label: str
    value: Any
    options: tuple[str, ...]
    required: bool
    read_only: bool
    max_length: int | None


def fields_of(file_id: str, *, password: str = "") -> list[FormField]:
    """Return the fields of a form, which is read as the caller may read it.

    Raises InvalidInputError, NotFetchedError, PayloadTooLargeError, DocumentRefusedError,
    PdfPasswordError, RenderingLimitError, RenderingFailedError, and UnavailableError while others
    wait. Not to be called in a transaction.
    """
    check_password(password)
    with turn(), fetched(file_id, most_bytes=DATA_FILE_BYTES.value()) as file:
        content = b"".join(file.chunks)
        answer = called(
            "form_fields",
            [content],
            size=len(content),
            limits=awaited_limits(),
            arguments={"password": password},
        )
    try:
        return [_field(one) for one in answer.told["fields"]]
    except (KeyError, TypeError, ValueError) as error:
        raise RenderingFailedError("the form cannot be read") from error


def _field(told: dict[str, Any]) -> FormField:
    most, value = told["max_length"], told["value"]
    return FormField(
        name=_text(told["name"]),
        kind=_text(told["kind"]),
        label=_text(told["label"]),
        value=value if isinstance(value, bool) else _texts(value),
        options=tuple(_text(one) for one in told["options"]),
        required=bool(told["required"]),
        read_only=bool(told["read_only"]),
        max_length=None if most is None else min(int(most), 2**31 - 1),
    )


def _texts(value: Any) -> str | list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    return str(value)[:_MOST_CHARACTERS]
