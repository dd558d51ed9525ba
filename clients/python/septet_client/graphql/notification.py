from typing import Optional

from .base_model import BaseModel
from .fragments import NotificationFields


class Notification(BaseModel):
    notification: Optional["NotificationNotification"]


NotificationNotification = NotificationFields
Notification.model_rebuild()
