"""From records of other systems, and from our own form, to entries."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.audit.domain.cloudtrail import cloudtrail_entry
from apps.audit.domain.entries import (
    Actor,
    Change,
    Context,
    Entry,
    EntryError,
    Personal,
    Target,
)

Mapping = Callable[[dict[str, Any]], Entry]

_FIELDS = frozenset(
    (
        "action",
        "occurredAt",
        "actor",
        "targets",
        "context",
        "changes",
        "metadata",
        "idempotencyKey",
        "personal",
    )
)
_CONTEXT_FIELDS = frozenset(("ipAddress", "userAgent", "location", "requestId"))


def septet_entry(record: dict[str, Any]) -> Entry:
    """Read a record in the form of the GraphQL input `CreateAuditLogInput`.

    Without an `idempotencyKey` its content is its key, so that a file can be read again.
    """
    try:
        context = record.get("context") or {}
        # What is not recorded now can never be added: a mistyped name is told, not passed over.
        _refuse_unknown(record, _FIELDS)
        _refuse_unknown(context, _CONTEXT_FIELDS)
        return Entry(
            action=_text(record["action"]),
            occurred_at=datetime.fromisoformat(record["occurredAt"]),
            actor=Actor(**_texts(record["actor"])),
            targets=tuple(Target(**_texts(target)) for target in record.get("targets") or ()),
            context=Context(
                ip_address=_text(context.get("ipAddress", "")),
                user_agent=_text(context.get("userAgent", "")),
                location=_text(context.get("location", "")),
                request_id=_text(context.get("requestId", "")),
            ),
            changes=tuple(Change(**change) for change in record.get("changes") or ()),
            metadata=record.get("metadata") or {},
            idempotency_key=_text(record.get("idempotencyKey") or _content_key(record)),
            keyed_by_content=not record.get("idempotencyKey"),
            personal=tuple(map(_personal, record.get("personal") or ())),
        )
    except EntryError:
        raise
    except KeyError as error:
        raise EntryError(f"the field {error.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise EntryError(f"a field has another form than expected: {error}") from None


def _personal(told: dict[str, Any]) -> Personal:
    _refuse_unknown(told, frozenset(("subject", "fields")))
    return Personal(subject=_text(told["subject"]), fields=tuple(map(_text, told["fields"])))


def _content_key(record: dict[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _refuse_unknown(found: dict[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(found.keys() - known)
    if unknown:
        raise EntryError(f"unknown field {unknown[0]}, known are {', '.join(sorted(known))}"[:300])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, found {value!r}"[:200])
    return value


def _texts(value: dict[str, Any]) -> dict[str, str]:
    return {name: _text(text) for name, text in value.items()}


MAPPINGS: dict[str, Mapping] = {"septet": septet_entry, "cloudtrail": cloudtrail_entry}
