"""How records leave for other systems: as JSON, CEF or OCSF; in webhooks, syslog, CloudEvents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

#: Facility 13 (log audit), severity 6 (informational): RFC 5424, section 6.2.1.
_PRIORITY = 13 * 8 + 6
#: MSG in UTF-8 begins with it (section 6.4).
_BOM = b"\xef\xbb\xbf"
#: Kept for documentation (RFC 5612); there is no number of ours.
_ENTERPRISE = 32473

Record = Mapping[str, Any]


class Sealed(NamedTuple):
    """A record, and its place in the log."""

    position: int
    record: Record


def as_json(one: Sealed) -> bytes:
    """Return the record as it was sealed, with its place."""
    return orjson.dumps({"position": one.position, "record": one.record})


def as_cef(one: Sealed) -> bytes:
    """Return it in ArcSight's Common Event Format, version 0."""
    record = one.record
    action = record["action"]
    fields: dict[str, Any] = {
        "externalId": record["id"],
        "rt": _milliseconds(record["occurredAt"]),
        "suid": record["actor"]["id"],
        "suser": record["actor"]["name"],
        "act": action,
        "src": record["context"]["ipAddress"],
        "requestClientApplication": record["context"]["userAgent"],
        "cn1Label": "position",
        "cn1": one.position,
    }
    if record["targets"]:
        first = record["targets"][0]
        fields |= {"duid": first["id"], "duser": first["name"]}
        fields |= {"cs1Label": "targets", "cs1": orjson.dumps(record["targets"]).decode()}
    told = " ".join(f"{name}={_extension(value)}" for name, value in fields.items() if value != "")
    return f"CEF:0|Septet|audit|1|{_header(action)}|{_header(action)}|3|{told}".encode()


def as_ocsf(one: Sealed) -> bytes:
    """Return it as an event of OCSF 1.3.0: API activity (class 6003), of an activity of its own."""
    record = one.record
    context, actor = record["context"], record["actor"]
    told = {
        "category_uid": 6,
        "class_uid": 6003,
        "activity_id": 99,
        "activity_name": record["action"],
        "type_uid": 600399,
        "severity_id": 1,
        "time": _milliseconds(record["occurredAt"]),
        "metadata": {
            "version": "1.3.0",
            "uid": record["id"],
            "sequence": one.position,
            "logged_time": _milliseconds(record["recordedAt"]),
            "product": {"name": "audit", "vendor_name": "Septet"},
        },
        "actor": {"user": {"uid": actor["id"], "name": actor["name"], "type": actor["type"]}},
        "api": {"operation": record["action"], "request": {"uid": context["requestId"]}},
        "src_endpoint": {"ip": context["ipAddress"]},
        "http_request": {"user_agent": context["userAgent"]},
        "resources": [
            {"type": target["type"], "uid": target["id"], "name": target["name"]}
            for target in record["targets"]
        ],
        "unmapped": {"changes": record["changes"], "metadata": record["metadata"]},
    }
    return orjson.dumps(told)


FORMATS = {"json": as_json, "cef": as_cef, "ocsf": as_ocsf}


def webhook_body(stream: str, told: Sequence[bytes], *, form: str, made_at: datetime) -> bytes:
    """Return the body of a webhook (Standard Webhooks: a type, a time and data)."""
    logs = [text.decode() if form == "cef" else orjson.Fragment(text) for text in told]
    data = {"stream": stream, "format": form, "logs": logs}
    return orjson.dumps({"type": "audit.logs", "timestamp": made_at, "data": data})


def cloud_event(one: Sealed, text: bytes, *, form: str, source: str, tenant: str) -> bytes:
    """Return a message in the structured mode of CloudEvents 1.0.

    Source and id are those of the record, so a repeated one is known by them. `sequence` is the
    place in the log (CloudEvents' extension of that name).
    """
    told = {
        "specversion": "1.0",
        "id": one.record["id"],
        "source": source,
        "type": "audit.log.sealed.v1",
        "time": one.record["occurredAt"],
        "tenant": tenant,
        "partitionkey": tenant,
        "sequence": str(one.position),
        "format": form,
        "datacontenttype": "text/plain" if form == "cef" else "application/json",
        "data": text.decode() if form == "cef" else orjson.Fragment(text),
    }
    return orjson.dumps(told)


def syslog_frame(one: Sealed, text: bytes, host: str) -> bytes:
    """Return a message of RFC 5424 behind its length (octet counting, RFC 6587, section 3.4.1)."""
    record = one.record
    name = "".join(c for c in record["action"] if "!" <= c <= "~")[:32] or "-"
    data = f'[audit@{_ENTERPRISE} id="{record["id"]}" position="{one.position}"]'
    head = f"<{_PRIORITY}>1 {record['occurredAt']} {host} septet-audit - {name} {data} "
    message = head.encode() + _BOM + text
    return f"{len(message)} ".encode() + message


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _header(text: str) -> str:
    return _one_line(text.replace("\\", "\\\\").replace("|", "\\|"))


def _extension(value: Any) -> str:
    text = str(value).replace("\\", "\\\\").replace("=", "\\=")
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")
