"""What happens to places outside that exports go to and imports come from, and on the way there."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEndpointCreated(Event):
    """A tenant has named a place outside: exports can be delivered there."""

    TYPE: ClassVar[str] = "importexport.endpoint.created.v1"
    ENTITY: ClassVar[str] = "DataEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEndpointChanged(Event):
    """A place is another, or is reached in another way; its secret is never told."""

    TYPE: ClassVar[str] = "importexport.endpoint.changed.v1"
    ENTITY: ClassVar[str] = "DataEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str
    #: What was said anew; of the secret only that it was.
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEndpointDisabled(Event):
    """Nothing goes to a place any more: it failed for too long, or somebody said so."""

    TYPE: ClassVar[str] = "importexport.endpoint.disabled.v1"
    ENTITY: ClassVar[str] = "DataEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str
    #: Why it failed at last; empty where somebody said so.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEndpointEnabled(Event):
    """A place is used again that was disabled."""

    TYPE: ClassVar[str] = "importexport.endpoint.enabled.v1"
    ENTITY: ClassVar[str] = "DataEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEndpointDeleted(Event):
    """A place is forgotten, with its secret and its deliveries; what is there stays there."""

    TYPE: ClassVar[str] = "importexport.endpoint.deleted.v1"
    ENTITY: ClassVar[str] = "DataEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDelivered(Event):
    """All files of an export are at a place outside, or a link to them is."""

    TYPE: ClassVar[str] = "importexport.delivery.delivered.v1"
    ENTITY: ClassVar[str] = "ExportDelivery"
    SUBJECT: ClassVar[str] = "delivery_id"
    LABEL: ClassVar[str] = "name"

    delivery_id: str
    #: Of the export.
    name: str
    export_id: str
    endpoint_id: str
    kind: str
    location: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDeliveryFailed(Event):
    """An export does not come to a place; it is not tried again unless somebody says so."""

    TYPE: ClassVar[str] = "importexport.delivery.failed.v1"
    ENTITY: ClassVar[str] = "ExportDelivery"
    SUBJECT: ClassVar[str] = "delivery_id"
    LABEL: ClassVar[str] = "name"

    delivery_id: str
    name: str
    export_id: str
    endpoint_id: str
    kind: str
    error_code: str
    error_message: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDeliveryRetried(Event):
    """Somebody has a delivery tried again that had failed."""

    TYPE: ClassVar[str] = "importexport.delivery.retried.v1"
    ENTITY: ClassVar[str] = "ExportDelivery"
    SUBJECT: ClassVar[str] = "delivery_id"
    LABEL: ClassVar[str] = "name"

    delivery_id: str
    name: str
