from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import NotificationFields


class CreateNotification(BaseModel):
    create_notification: "CreateNotificationCreateNotification" = Field(
        alias="createNotification"
    )


class CreateNotificationCreateNotification(BaseModel):
    notification: Optional["CreateNotificationCreateNotificationNotification"]
    error: Optional["CreateNotificationCreateNotificationError"]


CreateNotificationCreateNotificationNotification = NotificationFields


class CreateNotificationCreateNotificationError(BaseModel):
    code: str
    message: str


CreateNotification.model_rebuild()
CreateNotificationCreateNotification.model_rebuild()
