"""An example of each event: how it looks on its way, and as a webhook of a tenant receives it."""

from datetime import UTC, datetime
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from contracts.codec import field_types, from_data
from contracts.envelope import Actor, Envelope
from contracts.event import Event

_ID = "01900000-0000-7000-8000-000000000001"
_TENANT = "01900000-0000-7000-8000-000000000002"
_EVENT = "01900000-0000-7000-8000-000000000003"
_ACTOR = Actor(type="user", id="42", name="Ada")
_MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
_PLAIN: dict[Any, Any] = {int: 3, float: 0.5, bool: True, datetime: _MOMENT.isoformat()}


def example_of(cls: type[Event]) -> dict[str, Any]:
    """Return an event of this class as a CloudEvent."""
    data = _data(cls)
    subject = from_data(cls, data).subject
    return Envelope.of(
        cls.TYPE,
        subject,
        id_=_EVENT,
        time=_MOMENT,
        partition_key=f"{_TENANT}/{subject}",
        tenant=_TENANT,
        actor=_ACTOR,
        data=data,
    ).to_json()


def webhook_example_of(cls: type[Event]) -> dict[str, Any]:
    """Return what an endpoint of a tenant is posted of such an event."""
    return {"type": cls.TYPE, "timestamp": _MOMENT.isoformat(), "data": _data(cls)}


def _data(cls: type[Event]) -> dict[str, Any]:
    return {field.name: _value(field.name, hint) for field, hint in field_types(cls)}


def _value(name: str, hint: Any) -> Any:
    if hint is str:
        # What it may be, its name says best.
        return _ID if name.endswith("_id") else name.replace("_", " ")
    if hint in _PLAIN:
        return _PLAIN[hint]
    inside = [one for one in get_args(hint) if one not in {NoneType, Ellipsis}]
    if get_origin(hint) is Literal:
        return inside[0]
    value = _value(name, inside[0])
    return [value] if get_origin(hint) is tuple else value
