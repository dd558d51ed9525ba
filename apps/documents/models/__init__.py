"""Documents, and what they are made of, as rows."""

from apps.documents.models.batches import (
    BatchItem,
    BatchPacking,
    BatchState,
    DocumentBatch,
    ItemState,
)
from apps.documents.models.documents import Document, DocumentState
from apps.documents.models.looks import Partial, Theme
from apps.documents.models.making import DocumentFormat
from apps.documents.models.signing import SigningKey
from apps.documents.models.templates import Template, TemplateVersion, VersionState
from apps.documents.models.uploads import TemplateUpload, UploadState

__all__ = [
    "BatchItem",
    "BatchPacking",
    "BatchState",
    "Document",
    "DocumentBatch",
    "DocumentFormat",
    "DocumentState",
    "ItemState",
    "Partial",
    "SigningKey",
    "Template",
    "TemplateUpload",
    "TemplateVersion",
    "Theme",
    "UploadState",
    "VersionState",
]
