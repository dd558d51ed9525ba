from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import SubscriberFields


class UpdateSubscriber(BaseModel):
    update_subscriber: "UpdateSubscriberUpdateSubscriber" = Field(
        alias="updateSubscriber"
    )


class UpdateSubscriberUpdateSubscriber(BaseModel):
    subscriber: Optional["UpdateSubscriberUpdateSubscriberSubscriber"]
    error: Optional["UpdateSubscriberUpdateSubscriberError"]


UpdateSubscriberUpdateSubscriberSubscriber = SubscriberFields


class UpdateSubscriberUpdateSubscriberError(BaseModel):
    code: str
    message: str


UpdateSubscriber.model_rebuild()
UpdateSubscriberUpdateSubscriber.model_rebuild()
