"""An event on its way: a CloudEvent 1.0 with the extensions that we use."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from contracts.codec import MalformedEventError, from_data
from contracts.event import REGISTRY, Event, app_of, topic_of

#: A UUID as everybody writes it; there are other ways.
_IS_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class UnknownEventTypeError(LookupError):
    """A type that this release does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: CloudEvents' Auth Context, and a name for people."""

    #: `user`, `api_key`, `service_account`, `system` or `unauthenticated`.
    type: str
    id: str
    name: str = ""


SYSTEM = Actor(type="system", id="septet", name="Septet")


class Envelope:
    """What is told of an event beside its data. Nothing of it is ever a secret.

    It is the structured JSON form of CloudEvents, read as it is asked for: most of it never is.
    """

    SPEC_VERSION: ClassVar[str] = "1.0"

    __slots__ = ("_told", "id", "partition_key", "type")

    #: A UUIDv7; the same when it arrives again.
    id: str
    #: What it tells, with its version.
    type: str
    #: Tenant and subject: events of one key stay in order.
    partition_key: str

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self.id, self.type, self.partition_key = told["id"], told["type"], told["partitionkey"]

    @classmethod
    def of(  # noqa: PLR0913  an event has so many attributes
        cls,
        type_: str,
        subject: str,
        *,
        id_: str,
        time: datetime,
        partition_key: str,
        tenant: str = "",
        traceparent: str = "",
        actor: Actor = SYSTEM,
        data: Any,
    ) -> "Envelope":
        """Return an event as it travels; an attribute without a value is left out.

        So says CloudEvents 1.0, section 3.1.
        """
        source, schema = _of_type(type_)
        told = {
            "specversion": cls.SPEC_VERSION,
            "id": id_,
            "source": source,
            "type": type_,
            "subject": subject,
            "time": time.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": schema,
            "partitionkey": partition_key,
            "authtype": actor.type,
            "authid": actor.id,
            "data": data,
        }
        may_be_empty = {"tenant": tenant, "traceparent": traceparent, "authname": actor.name}
        return cls(told | {name: value for name, value in may_be_empty.items() if value})

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Envelope":
        """Read the structured JSON form; raises MalformedEventError."""
        try:
            id_, tenant = told["id"], told.get("tenant", "")
            # To make one costs three times as much.
            if not _IS_UUID(id_):
                UUID(id_)
            if tenant != "" and not _IS_UUID(tenant):
                UUID(tenant)
            if (
                datetime.fromisoformat(told["time"]).tzinfo is None
                or type(told["data"]) is not dict
            ):
                raise ValueError("expected a time with its zone, and an object as data")
            texts = told["type"], told["subject"], told["partitionkey"], told.get("traceparent", "")
            type_, subject, key, trace = map(type, texts)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MalformedEventError(f"no CloudEvent of ours: {error!r}"[:300]) from None
        if not type_ is subject is key is trace is str:
            raise MalformedEventError(f"expected texts, found {texts!r}"[:300])
        return cls(told)

    def to_json(self) -> dict[str, Any]:
        """Return it in the structured JSON form of CloudEvents."""
        return self._told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Envelope) and self._told == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # its data may be anything

    def __repr__(self) -> str:
        return f"Envelope({self._told!r})"

    @property
    def subject(self) -> str:
        """The id of what it happened to."""
        return self._told["subject"]  # type: ignore[no-any-return]

    @property
    def time(self) -> datetime:
        """When it happened."""
        return datetime.fromisoformat(self._told["time"])

    @property
    def tenant(self) -> str:
        """A UUID; empty for what concerns no tenant."""
        return self._told.get("tenant", "")  # type: ignore[no-any-return]

    @property
    def traceparent(self) -> str:
        """W3C Trace Context, so that what an event causes is found with what caused it."""
        return self._told.get("traceparent", "")  # type: ignore[no-any-return]

    @property
    def actor(self) -> Actor:
        """Who did it."""
        told = self._told
        return Actor(
            type=told.get("authtype", SYSTEM.type),
            id=told.get("authid", SYSTEM.id),
            name=told.get("authname", ""),
        )

    @property
    def data(self) -> dict[str, Any]:
        """What it tells, as JSON has it."""
        return self._told["data"]  # type: ignore[no-any-return]

    @property
    def source(self) -> str:
        """The service it comes from."""
        return _of_type(self.type)[0]

    @property
    def topic(self) -> str:
        """The topic that it belongs to."""
        return topic_of(self.type)

    @property
    def dataschema(self) -> str:
        """The name of the JSON Schema of its data."""
        return _of_type(self.type)[1]

    def event(self) -> Event:
        """Return the event; raises UnknownEventTypeError or MalformedEventError."""
        cls = REGISTRY.get(self.type)
        if cls is None:
            raise UnknownEventTypeError(f"no event type {self.type} is known here")
        return from_data(cls, self._told["data"])


def schema_id(type_: str) -> str:
    """Return the URI that names the JSON Schema of an event type's data."""
    return f"urn:septet:{type_}"


@cache
def _of_type(type_: str) -> tuple[str, str]:
    """Return source and schema of an event type; they are the same all the time."""
    return f"/{app_of(type_)}", schema_id(type_)
