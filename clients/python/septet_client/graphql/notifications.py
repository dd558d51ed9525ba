from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import NotificationFields


class Notifications(BaseModel):
    notifications: "NotificationsNotifications"


class NotificationsNotifications(BaseModel):
    nodes: list["NotificationsNotificationsNodes"]
    page_info: "NotificationsNotificationsPageInfo" = Field(alias="pageInfo")


NotificationsNotificationsNodes = NotificationFields


class NotificationsNotificationsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Notifications.model_rebuild()
NotificationsNotifications.model_rebuild()
