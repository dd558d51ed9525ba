from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import SubscriberFields


class CreateSubscriber(BaseModel):
    create_subscriber: "CreateSubscriberCreateSubscriber" = Field(
        alias="createSubscriber"
    )


class CreateSubscriberCreateSubscriber(BaseModel):
    subscriber: Optional["CreateSubscriberCreateSubscriberSubscriber"]
    error: Optional["CreateSubscriberCreateSubscriberError"]


CreateSubscriberCreateSubscriberSubscriber = SubscriberFields


class CreateSubscriberCreateSubscriberError(BaseModel):
    code: str
    message: str


CreateSubscriber.model_rebuild()
CreateSubscriberCreateSubscriber.model_rebuild()
