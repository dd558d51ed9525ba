"""An event on its way: a CloudEvent 1.0 with the extensions that we use."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from contracts.codec import MalformedEventError, from_data
from contracts.event import REGISTRY, Event, app_of, topic_of


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is told of an event beside its data. Nothing of it is ever a secret."""

    SPEC_VERSION: ClassVar[str] = "1.0"

    id: str
    type: str
    subject: str
    time: datetime
    #: A UUID; empty for what concerns no tenant.
    tenant: str = ""
    #: Events of one key stay in order.
    partition_key: str
    #: W3C Trace Context, so that what an event causes is found with what caused it.
    traceparent: str = ""
    actor: Actor = SYSTEM
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The service it comes from."""
        return f"/{app_of(self.type)}"

    @property
    def topic(self) -> str:
        """The topic that it belongs to."""
        return topic_of(self.type)

    @property
    def dataschema(self) -> str:
        """The name of the JSON Schema of its data."""
        return schema_id(self.type)

    def event(self) -> Event:
        """Return the event; raises UnknownEventTypeError or MalformedEventError."""
        cls = REGISTRY.get(self.type)
        if cls is None:
            raise UnknownEventTypeError(f"no event type {self.type} is known here")
        return from_data(cls, self.data)

    def to_json(self) -> dict[str, Any]:
        """Return it in the structured JSON form of CloudEvents."""
        told = {
            "specversion": self.SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": self.dataschema,
            "partitionkey": self.partition_key,
            "tenant": self.tenant,
            "traceparent": self.traceparent,
            "authtype": self.actor.type,
            "authid": self.actor.id,
            "authname": self.actor.name,
            "data": self.data,
        }
        # An attribute without a value is left out (CloudEvents 1.0, section 3.1).
        return {name: value for name, value in told.items() if value != ""}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Envelope":
        """Read the structured JSON form; raises MalformedEventError."""
        try:
            return cls(
                id=told["id"],
                type=told["type"],
                subject=told["subject"],
                time=datetime.fromisoformat(told["time"]),
                tenant=told.get("tenant", ""),
                partition_key=told["partitionkey"],
                traceparent=told.get("traceparent", ""),
                actor=Actor(
                    type=told.get("authtype", SYSTEM.type),
                    id=told.get("authid", SYSTEM.id),
                    name=told.get("authname", ""),
                ),
                data=told["data"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEventError(f"no CloudEvent of ours: {error!r}") from None


def schema_id(type_: str) -> str:
    """Return the URI that names the JSON Schema of an event type's data."""
    return f"urn:septet:{type_}"
