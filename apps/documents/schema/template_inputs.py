"""What callers send about templates, themes and partials."""

from typing import Any

import graphene

from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.schema.templates import TemplateVersionStateEnum
from kernel.errors import InvalidInputError
from kernel.federation.mutations import ById, ByIds, ChangeInput

_NAME = "Small letters and digits with single hyphens between; the tenant has it once."
_SAVED_AT = "When the draft was saved that this was made from: CONFLICT if it was saved since."


class DocumentTemplateFilter(graphene.InputObjectType):
    """Which templates; every part that is given has to fit."""

    name = graphene.String()
    search = graphene.String(description="In the name or the title.")
    archived = graphene.Boolean()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class DocumentTemplateOrder(graphene.Enum):
    """In which order templates are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    TITLE = ("title", "id")
    NAME = ("name", "id")


class DocumentTemplateVersionFilter(graphene.InputObjectType):
    """Which versions; every part that is given has to fit."""

    template_id = graphene.ID()
    state = TemplateVersionStateEnum()
    number = graphene.Int()


class DocumentTemplateVersionOrder(graphene.Enum):
    """In which order versions are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class DocumentLookFilter(graphene.InputObjectType):
    """Which themes, partials or keys; every part that is given has to fit."""

    name = graphene.String()


class DocumentLookOrder(graphene.Enum):
    """In which order they are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class DocumentTemplateAssetInput(graphene.InputObjectType):
    """A picture, which never changes: one version of a file, or one of the gallery."""

    name = graphene.String(required=True, description="What blocks have for it.")
    file_id = graphene.ID()
    version = graphene.Int()
    gallery = graphene.String()


def by_name(assets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return pictures as services take them; raises InvalidInputError."""
    found = {
        one["name"]: {
            "file": one.get("file_id"),
            "version": one.get("version"),
            "gallery": one.get("gallery"),
        }
        for one in assets
    }
    if len(found) < len(assets):
        raise InvalidInputError("two pictures have one name")
    return found


class DocumentTemplateUploadInput(graphene.InputObjectType):
    """A version of a file of Word or Excel, which is looked through by a job and kept."""

    file_id = graphene.ID(required=True)
    version = graphene.Int(required=True)


class TextsOf:
    """What a version says; what is not sent stays."""

    body = graphene.String(description="The document model, as JSON.")
    markdown = graphene.String(
        description="In the place of the blocks of the body; empty for those."
    )
    schema = graphene.String(description="JSON Schema 2020-12 of the data; empty for none.")
    sample = graphene.String(description="Data to try it with, as JSON.")
    assets = graphene.List(graphene.NonNull(DocumentTemplateAssetInput))
    upload = DocumentTemplateUploadInput(
        description="A file that is filled in the place of blocks, read as the caller may read it;"
        " null for blocks again."
    )
    note = graphene.String(description="What is new; at most 1,000 characters.")


class CreateDocumentTemplateInput(TextsOf, ChangeInput):
    """A template with its first draft."""

    name = graphene.String(required=True, description=_NAME)
    title = graphene.String(required=True)
    description = graphene.String()
    formats = graphene.List(graphene.NonNull(DocumentFormatEnum))
    theme_id = graphene.ID()


class UpdateDocumentTemplateInput(ById):
    """What becomes of a template; what is not sent stays."""

    name = graphene.String(description=_NAME)
    title = graphene.String()
    description = graphene.String()
    formats = graphene.List(graphene.NonNull(DocumentFormatEnum))
    theme_id = graphene.ID(description="Null for none.")


class ArchiveDocumentTemplateInput(ById):
    """The template that no document is to be made of."""


class RestoreDocumentTemplateInput(ById):
    """The template that documents are to be made of again."""


class DuplicateDocumentTemplateInput(ById):
    """The template to begin another with."""

    name = graphene.String(required=True, description=_NAME)
    title = graphene.String()


class CopyDocumentGalleryTemplateInput(ChangeInput):
    """A template of the gallery to begin one with."""

    sample = graphene.String(required=True, description="Its name there.")
    name = graphene.String(description=f"{_NAME} As in the gallery if not said.")
    title = graphene.String()
    theme_id = graphene.ID()


class DeleteDocumentTemplateInput(ById):
    """The template to remove."""


class DeleteDocumentTemplatesInput(ByIds):
    """The templates to remove."""


class ImportDocumentTemplateInput(ChangeInput):
    """A file that `documentTemplateExport` wrote."""

    document = graphene.String(required=True)
    name = graphene.String(description="In the place of the one in the file.")
    theme_id = graphene.ID()


class SaveDocumentTemplateDraftInput(TextsOf, ById):
    """What the draft of a template is to say; `id` is the template's."""

    saved_at = graphene.DateTime(description=_SAVED_AT)


class BeginDocumentTemplateDraftInput(ById):
    """The template, and the version to begin with."""

    number = graphene.Int(description="The newest if not said.")


class DiscardDocumentTemplateDraftInput(ById):
    """The template whose draft is to go."""


class PublishDocumentTemplateInput(ById):
    """The template whose draft is to be published."""

    note = graphene.String(description="What is new; at most 1,000 characters.")


class WithdrawDocumentTemplateVersionInput(ById):
    """The version that no document is to be made of."""


class DocumentFontFileInput(graphene.InputObjectType):
    """A version of a file of TrueType or OpenType (.ttf, .otf)."""

    file_id = graphene.ID(required=True)
    version = graphene.Int(required=True)


class DocumentFontsInput(graphene.InputObjectType):
    """The files of a family, which a job looks through and keeps; read as the caller may."""

    regular = DocumentFontFileInput(required=True)
    bold = DocumentFontFileInput()
    italic = DocumentFontFileInput()
    bold_italic = DocumentFontFileInput()


class CreateDocumentThemeInput(ChangeInput):
    """A look; what is not sent is as usual."""

    name = graphene.String(required=True, description=_NAME)
    size = graphene.Float(description="Of type, in points: 5 to 30.")
    color = graphene.String(description="Of text, as `#rrggbb`.")
    accent = graphene.String(description="Of links, and of the lines of tables.")
    stripe = graphene.String(description="Of every other row of striped tables.")
    logo_id = graphene.ID(description="A file.")
    logo_version = graphene.Int(description="Its version.")
    fonts = DocumentFontsInput()


class UpdateDocumentThemeInput(ById):
    """What becomes of a theme; what is not sent stays."""

    name = graphene.String(description=_NAME)
    size = graphene.Float()
    color = graphene.String()
    accent = graphene.String()
    stripe = graphene.String()
    logo_id = graphene.ID(description="Null for none.")
    logo_version = graphene.Int()
    fonts = DocumentFontsInput(description="Null for ours.")


class DeleteDocumentThemeInput(ById):
    """The theme to remove."""


class CreateDocumentPartialInput(ChangeInput):
    """Blocks to be included."""

    name = graphene.String(required=True, description=_NAME)
    description = graphene.String()
    body = graphene.String(required=True, description="JSON with `blocks`, and `takes`.")


class UpdateDocumentPartialInput(ById):
    """What becomes of a partial; what is not sent stays."""

    name = graphene.String(description=_NAME)
    description = graphene.String()
    body = graphene.String()


class DeleteDocumentPartialInput(ById):
    """The partial to remove."""
