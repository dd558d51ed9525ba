"""What may be changed about templates, themes and partials."""

from collections.abc import Callable
from typing import Any

from apps.documents.schema import template_inputs as inputs
from apps.documents.schema.templates import (
    PartialType,
    TemplateType,
    TemplateVersionType,
    ThemeType,
)
from apps.documents.services import beginning, drafts, exchange, looks, publishing, templates
from kernel.federation.entities import Entity
from kernel.federation.mutations import BulkDelete, ChangeInput, Create, Delete, Update

#: What null means something for; of all else it is as if it were not sent.
_NULLABLE = frozenset(("theme_id", "logo_id", "upload", "fonts"))


def _by(service: Callable[..., Any]) -> Callable[..., Any]:
    """Return a service that is given what was sent, with pictures by their names."""

    def done(**sent: Any) -> Any:
        told = {
            name: value for name, value in sent.items() if value is not None or name in _NULLABLE
        }
        if "upload" in told:
            told["uploaded"] = told.pop("upload")
        if "assets" in told:
            told["assets"] = inputs.by_name(told["assets"])
        return service(**told)

    return done


class TemplateChanges:
    """Changes of templates and their versions."""

    create_document_template = Create(
        TemplateType,
        input=inputs.CreateDocumentTemplateInput,
        by=_by(templates.create_template),
        description="Make a template with its first draft; CONFLICT when its name is taken.",
    )
    update_document_template = Update(
        TemplateType,
        input=inputs.UpdateDocumentTemplateInput,
        by=_by(templates.update_template),
        description="Describe a template anew; what it says is in its versions.",
    )
    archive_document_template = Update(
        TemplateType,
        input=inputs.ArchiveDocumentTemplateInput,
        by=templates.archive_template,
        description="Have no document made of a template any more.",
    )
    restore_document_template = Update(
        TemplateType,
        input=inputs.RestoreDocumentTemplateInput,
        by=templates.restore_template,
        description="Let documents be made of an archived template again.",
    )
    duplicate_document_template = Create(
        TemplateType,
        input=inputs.DuplicateDocumentTemplateInput,
        by=_by(templates.duplicate_template),
        description="Make a template that begins with what the newest version of another says.",
    )
    copy_document_gallery_template = Create(
        TemplateType,
        input=inputs.CopyDocumentGalleryTemplateInput,
        by=_by(beginning.copy_from_gallery),
        description="Make a template with a draft that says what one of the gallery does.",
    )
    import_document_template = Create(
        TemplateType,
        input=inputs.ImportDocumentTemplateInput,
        by=_by(exchange.import_template),
        description="Make a template with a draft of a file that `documentTemplateExport` wrote.",
    )
    delete_document_template = Delete(
        TemplateType,
        input=inputs.DeleteDocumentTemplateInput,
        by=templates.delete_template,
        description="Remove a template with its versions; CONFLICT once documents were made of it.",
    )
    delete_document_templates = BulkDelete(
        TemplateType,
        input=inputs.DeleteDocumentTemplatesInput,
        by=templates.delete_templates,
        description="Remove many templates; one that is used does not keep the others.",
    )
    save_document_template_draft = Update(
        TemplateVersionType,
        input=inputs.SaveDocumentTemplateDraftInput,
        by=_by(drafts.save_draft),
        description="Keep what a draft says, which may be wrong yet; one begins if there is none.",
    )
    begin_document_template_draft = Create(
        TemplateVersionType,
        input=inputs.BeginDocumentTemplateDraftInput,
        by=_by(drafts.draft_template),
        description="Begin a draft with what a version says; CONFLICT while there is a draft.",
    )
    discard_document_template_draft = Delete(
        TemplateVersionType,
        input=inputs.DiscardDocumentTemplateDraftInput,
        by=drafts.discard_draft,
        description="Remove the draft of a template; what was published stays.",
    )
    publish_document_template = Update(
        TemplateVersionType,
        input=inputs.PublishDocumentTemplateInput,
        by=_by(publishing.publish_template),
        description="Have documents made of the draft from now on, which never changes again.",
    )
    withdraw_document_template_version = Update(
        TemplateVersionType,
        input=inputs.WithdrawDocumentTemplateVersionInput,
        by=publishing.withdraw_version,
        description="Have no document made of a published version any more.",
    )


def _of_look(
    name: str,
    entity: type[Entity],
    sent: tuple[type[ChangeInput], type[ChangeInput], type[ChangeInput]],
    by: tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]],
    removed: str,
) -> tuple[Create, Update, Delete]:
    """Return how something that templates share is made, changed and removed."""
    return (
        Create(
            entity,
            input=sent[0],
            by=_by(by[0]),
            description=f"Make a {name}; CONFLICT when its name is taken.",
        ),
        Update(
            entity,
            input=sent[1],
            by=_by(by[1]),
            description=f"Change a {name}; what was published keeps the one that it has.",
        ),
        Delete(entity, input=sent[2], by=by[2], description=f"Remove a {name}; {removed}"),
    )


class LookChanges:
    """Changes of what templates share."""

    create_document_theme, update_document_theme, delete_document_theme = _of_look(
        "theme",
        ThemeType,
        (
            inputs.CreateDocumentThemeInput,
            inputs.UpdateDocumentThemeInput,
            inputs.DeleteDocumentThemeInput,
        ),
        (looks.create_theme, looks.update_theme, looks.delete_theme),
        "CONFLICT while templates have it.",
    )
    create_document_partial, update_document_partial, delete_document_partial = _of_look(
        "partial",
        PartialType,
        (
            inputs.CreateDocumentPartialInput,
            inputs.UpdateDocumentPartialInput,
            inputs.DeleteDocumentPartialInput,
        ),
        (looks.create_partial, looks.update_partial, looks.delete_partial),
        "drafts that include it are not published.",
    )
