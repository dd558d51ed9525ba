from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class FileAddress(BaseModel):
    file: Optional["FileAddressFile"]


class FileAddressFile(BaseModel):
    signed_url: Optional[str] = Field(alias="signedUrl")


FileAddress.model_rebuild()
