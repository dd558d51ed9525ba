"""Exports on their way to places outside, through the graph."""

import graphene

from apps.importexport.models import DeliveryState, ExportDelivery
from apps.importexport.services.deliveries import deliver_export, retry_delivery
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.mutations import ById, Create, Update

ExportDeliveryState = graphene.Enum.from_enum(
    DeliveryState, name="ExportDeliveryState", description="Where a delivery stands."
)


class DeliveryProblem(graphene.ObjectType):
    """Why the last attempt did not come to its end."""

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)


@key("id")
class ExportDeliveryType(Entity):
    """An export on its way to one place."""

    class Meta:
        model = ExportDelivery
        name = "ExportDelivery"
        fields = ("id", "attempts", "location", "created_at", "tried_at", "delivered_at")

    export_id = graphene.ID(required=True)
    endpoint_id = graphene.ID(required=True)
    state = ExportDeliveryState(required=True)
    job_id = graphene.ID(description="`importexportJob` tells how far it is, and when it goes on.")
    error = graphene.Field(
        DeliveryProblem, description="Of the last attempt; null if it has arrived."
    )

    @staticmethod
    def resolve_error(delivery: ExportDelivery, _info: object) -> dict[str, str] | None:
        if not delivery.error_code:
            return None
        return {"code": delivery.error_code, "message": delivery.error_message}


class ExportDeliveryFilter(graphene.InputObjectType):
    """Which deliveries; every part that is given has to fit."""

    export_id = graphene.ID()
    endpoint_id = graphene.ID()
    state = ExportDeliveryState()


#: By which lookup each part of a filter narrows.
LOOKUPS = {"export_id": "export", "endpoint_id": "endpoint", "state": "state"}


class ExportDeliveryOrder(graphene.Enum):
    """In which order deliveries are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class DeliverExportJobInput(ById):
    """The export, and where it is to go."""

    endpoint_id = graphene.ID(required=True)


class RetryExportDeliveryInput(ById):
    """The delivery to try again."""


class DeliveryChanges:
    """Changes of deliveries."""

    deliver_export_job = Create(
        ExportDeliveryType,
        input=DeliverExportJobInput,
        by=deliver_export,
        description="Let an export go to a place, once it is written; twice it is one delivery.",
    )
    retry_export_delivery = Update(
        ExportDeliveryType,
        input=RetryExportDeliveryInput,
        by=retry_delivery,
        description="Try a delivery again that failed.",
    )
