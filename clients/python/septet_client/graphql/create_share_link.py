from datetime import datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class CreateShareLink(BaseModel):
    create_share_link: "CreateShareLinkCreateShareLink" = Field(alias="createShareLink")


class CreateShareLinkCreateShareLink(BaseModel):
    share_link: Optional["CreateShareLinkCreateShareLinkShareLink"] = Field(
        alias="shareLink"
    )
    url: Optional[str]
    error: Optional["CreateShareLinkCreateShareLinkError"]


class CreateShareLinkCreateShareLinkShareLink(BaseModel):
    id: str
    expires_at: datetime = Field(alias="expiresAt")


class CreateShareLinkCreateShareLinkError(BaseModel):
    code: str
    message: str


CreateShareLink.model_rebuild()
CreateShareLinkCreateShareLink.model_rebuild()
