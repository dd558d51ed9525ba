"""Places outside, through the graph. No secret is ever shown."""

from typing import Any

import graphene

from apps.importexport.models import DataEndpoint, EndpointKind, EndpointState
from apps.importexport.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    try_endpoint,
    update_endpoint,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON

DataEndpointKind = graphene.Enum.from_enum(
    EndpointKind, name="DataEndpointKind", description="What a place outside is."
)
DataEndpointState = graphene.Enum.from_enum(
    EndpointState, name="DataEndpointState", description="Whether a place is used."
)
_SETTINGS = (
    'S3: `{"bucket", "access_key", "region", "address", "folder"}`, the address of another than'
    ' AWS. SFTP: `{"host", "port", "user", "host_key", "folder"}`. WEBHOOK: `{"address",'
    ' "link_days"}`. EMAIL: `{"to": [...], "link_days"}`. A folder may hold `{date}`, `{dataset}`,'
    " `{export}` and `{series}`; it is `{export}` if none is said."
)
_KEPT = (
    "Of S3 the secret key; of SFTP a password or a private key; of a webhook, which it signs,"
    " `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it. It is kept encrypted and"
    " never shown."
)


@key("id")
class DataEndpointType(Entity):
    """A bucket, a server, a webhook or people with mail: exports go there, imports come from it."""

    class Meta:
        model = DataEndpoint
        name = "DataEndpoint"
        fields = (
            *("id", "name", "failures", "failing_since", "last_error"),
            *("delivered_at", "created_at"),
        )

    kind = DataEndpointKind(required=True)
    state = DataEndpointState(required=True)
    settings = JSON(required=True, description="All but its secret.")


class DataEndpointFilter(graphene.InputObjectType):
    """Which places; every part that is given has to fit."""

    name = graphene.String()
    kind = DataEndpointKind()
    state = DataEndpointState()


#: By which lookup each part of a filter narrows.
LOOKUPS = {"name": "name", "kind": "kind", "state": "state"}


class DataEndpointOrder(graphene.Enum):
    """In which order places are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    NAME = ("name", "id")


class CreateDataEndpointInput(ChangeInput):
    """A place outside."""

    name = graphene.String(required=True)
    kind = DataEndpointKind(required=True)
    settings = JSON(required=True, description=_SETTINGS)
    secret = graphene.String(description=_KEPT)


class UpdateDataEndpointInput(ById):
    """What is said anew of a place; what is not sent stays."""

    name = graphene.String()
    settings = JSON(description=f"All of them together. {_SETTINGS}")
    secret = graphene.String(description=f"To be sent with another address. {_KEPT}")


class TestDataEndpointInput(ById):
    """The place to try."""


class DisableDataEndpointInput(ById):
    """The place that nothing goes to any more."""


class EnableDataEndpointInput(ById):
    """The place that is used again."""


class DeleteDataEndpointInput(ById):
    """The place to forget."""


class _Test(Update):
    """Sends now, and says what became of it: of an answer that is kept nobody learns anything."""

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        _, rest = super().keyed(sent, of_request)
        return None, rest


class EndpointChanges:
    """Changes of places outside."""

    create_data_endpoint = Create(
        DataEndpointType,
        input=CreateDataEndpointInput,
        by=create_endpoint,
        description="Name a place outside; testDataEndpoint tells whether it can be reached.",
    )
    update_data_endpoint = Update(
        DataEndpointType,
        input=UpdateDataEndpointInput,
        by=update_endpoint,
        description="Say a place anew; what is on its way goes to where it is by then.",
    )
    test_data_endpoint = _Test(
        DataEndpointType,
        input=TestDataEndpointInput,
        by=try_endpoint,
        description="Deliver something that tells of nothing, and say whether it has arrived.",
    )
    disable_data_endpoint = Update(
        DataEndpointType,
        input=DisableDataEndpointInput,
        by=disable_endpoint,
        description="Let nothing go to a place until it is enabled.",
    )
    enable_data_endpoint = Update(
        DataEndpointType,
        input=EnableDataEndpointInput,
        by=enable_endpoint,
        description="Use a place again, also one that had failed for too long.",
    )
    delete_data_endpoint = Delete(
        DataEndpointType,
        input=DeleteDataEndpointInput,
        by=delete_endpoint,
        description="Forget a place with its deliveries; what was delivered stays there.",
    )
