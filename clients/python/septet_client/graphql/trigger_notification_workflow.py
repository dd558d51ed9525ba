from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import NotificationTriggerState


class TriggerNotificationWorkflow(BaseModel):
    trigger_notification_workflow: "TriggerNotificationWorkflowTriggerNotificationWorkflow" = Field(
        alias="triggerNotificationWorkflow"
    )


class TriggerNotificationWorkflowTriggerNotificationWorkflow(BaseModel):
    notification_trigger: Optional[
        "TriggerNotificationWorkflowTriggerNotificationWorkflowNotificationTrigger"
    ] = Field(alias="notificationTrigger")
    error: Optional["TriggerNotificationWorkflowTriggerNotificationWorkflowError"]


class TriggerNotificationWorkflowTriggerNotificationWorkflowNotificationTrigger(
    BaseModel
):
    id: str
    key: str
    state: NotificationTriggerState
    unknown: Any


class TriggerNotificationWorkflowTriggerNotificationWorkflowError(BaseModel):
    code: str
    message: str


TriggerNotificationWorkflow.model_rebuild()
TriggerNotificationWorkflowTriggerNotificationWorkflow.model_rebuild()
