"""What happens to the templates of documents, and to what they share."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCreated(Event):
    """There is a template, with a draft; no document is made of it yet."""

    TYPE: ClassVar[str] = "documents.template.created.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChanged(Event):
    """A template is described anew; the fields named are those that are otherwise."""

    TYPE: ClassVar[str] = "documents.template.changed.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateArchived(Event):
    """No document is made of a template from now on."""

    TYPE: ClassVar[str] = "documents.template.archived.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRestored(Event):
    """Documents are made of a template again that was archived."""

    TYPE: ClassVar[str] = "documents.template.restored.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDeleted(Event):
    """A template is gone with all its versions; nothing was made of it that is still there."""

    TYPE: ClassVar[str] = "documents.template.deleted.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraftSaved(Event):
    """What is to become the version of this number says something else; of documents nothing."""

    TYPE: ClassVar[str] = "documents.template.draft_saved.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUploadChecked(Event):
    """The file of Word or Excel that a draft is has been looked through.

    It is accepted when it can be filled; what is wrong with its placeholders is among its findings.
    """

    TYPE: ClassVar[str] = "documents.template.upload_checked.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    number: int
    #: docx or xlsx; empty of one that is not accepted.
    kind: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraftDiscarded(Event):
    """The draft of this number is gone; what was published stays."""

    TYPE: ClassVar[str] = "documents.template.draft_discarded.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePublished(Event):
    """Documents that name no version are made of this one from now on. It never changes."""

    TYPE: ClassVar[str] = "documents.template.published.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    version_id: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWithdrawn(Event):
    """No document is made of the version of this number any more.

    Those that name none are made of the one of `current`, or not at all where that is 0.
    """

    TYPE: ClassVar[str] = "documents.template.withdrawn.v1"
    ENTITY: ClassVar[str] = "DocumentTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    version_id: str
    number: int
    current: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeCreated(Event):
    """There is a theme; templates may use it."""

    TYPE: ClassVar[str] = "documents.theme.created.v1"
    ENTITY: ClassVar[str] = "DocumentTheme"
    SUBJECT: ClassVar[str] = "theme_id"
    LABEL: ClassVar[str] = "name"

    theme_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChanged(Event):
    """A theme is otherwise, in the fields named; versions that were published are not."""

    TYPE: ClassVar[str] = "documents.theme.changed.v1"
    ENTITY: ClassVar[str] = "DocumentTheme"
    SUBJECT: ClassVar[str] = "theme_id"
    LABEL: ClassVar[str] = "name"

    theme_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeDeleted(Event):
    """A theme is gone; versions that were published keep what they took of it."""

    TYPE: ClassVar[str] = "documents.theme.deleted.v1"
    ENTITY: ClassVar[str] = "DocumentTheme"
    SUBJECT: ClassVar[str] = "theme_id"
    LABEL: ClassVar[str] = "name"

    theme_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialCreated(Event):
    """There is a partial; templates may use it."""

    TYPE: ClassVar[str] = "documents.partial.created.v1"
    ENTITY: ClassVar[str] = "DocumentPartial"
    SUBJECT: ClassVar[str] = "partial_id"
    LABEL: ClassVar[str] = "name"

    partial_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialChanged(Event):
    """A partial is otherwise, in the fields named; versions that were published are not."""

    TYPE: ClassVar[str] = "documents.partial.changed.v1"
    ENTITY: ClassVar[str] = "DocumentPartial"
    SUBJECT: ClassVar[str] = "partial_id"
    LABEL: ClassVar[str] = "name"

    partial_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDeleted(Event):
    """A partial is gone; versions that were published keep what they took of it."""

    TYPE: ClassVar[str] = "documents.partial.deleted.v1"
    ENTITY: ClassVar[str] = "DocumentPartial"
    SUBJECT: ClassVar[str] = "partial_id"
    LABEL: ClassVar[str] = "name"

    partial_id: str
    name: str
