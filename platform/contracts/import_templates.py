"""What happens to mappings that are kept for the next file."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTemplateCreated(Event):
    """What an import does was kept for files with the same header."""

    TYPE: ClassVar[str] = "importexport.template.created.v1"
    ENTITY: ClassVar[str] = "ImportTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTemplateRenamed(Event):
    """An import template is called something else."""

    TYPE: ClassVar[str] = "importexport.template.renamed.v1"
    ENTITY: ClassVar[str] = "ImportTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    former: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTemplateDeleted(Event):
    """An import template is gone."""

    TYPE: ClassVar[str] = "importexport.template.deleted.v1"
    ENTITY: ClassVar[str] = "ImportTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
