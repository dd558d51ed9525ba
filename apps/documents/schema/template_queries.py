"""What may be asked of templates, themes and partials."""

import base64
import json
from dataclasses import asdict
from typing import Any

import graphene

from apps.documents.access import TEMPLATE
from apps.documents.domain.assembling import told
from apps.documents.domain.checking.inferring import both, infer_schema
from apps.documents.domain.differences import MISSING, Difference
from apps.documents.domain.written import Written
from apps.documents.errors import FindingsError, RenderingFailedError, RenderingLimitError
from apps.documents.models import Template, TemplateUpload, Theme
from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.schema.template_inputs import (
    DocumentLookFilter,
    DocumentLookOrder,
    DocumentTemplateAssetInput,
    DocumentTemplateFilter,
    DocumentTemplateOrder,
    DocumentTemplateVersionFilter,
    DocumentTemplateVersionOrder,
    by_name,
)
from apps.documents.schema.templates import (
    DocumentTemplateFinding,
    PartialType,
    TemplateType,
    TemplateVersionType,
    ThemeType,
    finding_told,
)
from apps.documents.selectors import templates as selectors
from apps.documents.services.exchange import export_template
from apps.documents.services.previewing import Shown, preview
from kernel.federation.access import scope
from kernel.federation.fields import Many, One
from kernel.federation.scalars import JSON


class DocumentTemplateCheck(graphene.ObjectType):
    """What would be said of a template if it were published."""

    publishable = graphene.Boolean(required=True)
    findings = graphene.List(graphene.NonNull(DocumentTemplateFinding), required=True)
    inferred_schema = graphene.String(
        description="A draft of the schema, of all that the template reads; null where it cannot"
        " be read."
    )


class DocumentPagePicture(graphene.ObjectType):
    """One page of a preview."""

    number = graphene.Int(required=True)
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)
    png = graphene.String(required=True, description="A PNG file, as base64.")


class DocumentTemplatePreview(graphene.ObjectType):
    """What became of a template and its sample; or what keeps it from becoming anything."""

    title = graphene.String(description="Null where nothing could be made.")
    pages = graphene.Int(required=True, description="All of them, also those that are not shown.")
    pictures = graphene.List(graphene.NonNull(DocumentPagePicture), required=True)
    format = DocumentFormatEnum(required=True, description="Of what was made.")
    document = graphene.String(description="Of an upload: the file that it becomes, as base64.")
    note = graphene.String(
        description="Of an upload, why there are no pictures of it: LibreOffice makes them, where"
        " it is installed."
    )
    problem = graphene.String(description="Why nothing could be made.")
    code = graphene.String(description="The code of that.")


class DocumentTemplateDifference(graphene.ObjectType):
    """One place that is otherwise."""

    place = graphene.String(
        required=True, description="A JSON pointer that begins with body, schema, sample or assets."
    )
    verb = graphene.String(required=True, description="added, removed or changed.")
    before = JSON(description="Null where there was nothing, or null.")
    after = JSON(description="Null where there is nothing, or null.")


#: How a preview is shown.
_SHOWN = ("first", "count", "width")


def _texts() -> dict[str, Any]:
    return {
        "body": graphene.String(required=True, description="The document model, as JSON."),
        "markdown": graphene.String(description="In the place of the blocks of the body."),
        "schema": graphene.String(),
        "sample": graphene.String(),
        "theme_id": graphene.ID(),
        "upload_id": graphene.ID(description="Of a version's `upload`, in the place of blocks."),
    }


class TemplateReads:
    """Reads of templates and what they share."""

    document_template = One(TemplateType)
    document_templates = Many(
        TemplateType,
        filter=DocumentTemplateFilter,
        lookups=selectors.LOOKUPS,
        where=selectors.narrowed,
        order=DocumentTemplateOrder,
    )
    document_template_version = One(TemplateVersionType)
    document_template_versions = Many(
        TemplateVersionType,
        filter=DocumentTemplateVersionFilter,
        where=selectors.versions_narrowed,
        order=DocumentTemplateVersionOrder,
    )
    document_theme = One(ThemeType)
    document_themes = Many(
        ThemeType, filter=DocumentLookFilter, lookups={"name": "name"}, order=DocumentLookOrder
    )
    document_partial = One(PartialType)
    document_partials = Many(
        PartialType, filter=DocumentLookFilter, lookups={"name": "name"}, order=DocumentLookOrder
    )
    check_document_template = graphene.Field(
        DocumentTemplateCheck,
        required=True,
        description="What is wrong with a template, or could be better; nothing is changed.",
        assets=graphene.List(graphene.NonNull(graphene.String), description="Names of pictures."),
        **_texts(),
    )
    preview_document_template = graphene.Field(
        DocumentTemplatePreview,
        required=True,
        description="A template with its sample as pictures of its pages. A grey square stands for"
        " pictures that are not told, or that the caller may not read.",
        assets=graphene.List(
            graphene.NonNull(DocumentTemplateAssetInput),
            description="Pictures; the logo of the theme needs not be told.",
        ),
        locale=graphene.String(description="That of the template if not said."),
        first=graphene.Int(description="The first page to show; 1 if not said."),
        count=graphene.Int(description="1 to 10 pages; 3 if not said."),
        width=graphene.Int(description="In pixels, 100 to 1,600; 800 if not said."),
        **_texts(),
    )
    document_template_differences = graphene.List(
        graphene.NonNull(DocumentTemplateDifference),
        required=True,
        description="What is otherwise in one version than in another; at most 500 places.",
        id=graphene.ID(required=True),
        before=graphene.Int(required=True, description="The number of a version."),
        after=graphene.Int(required=True, description="The number of another."),
    )
    document_template_export = graphene.String(
        required=True,
        description="A version as one JSON file, for `importDocumentTemplate` anywhere; pictures"
        " are files of their own.",
        id=graphene.ID(required=True),
        number=graphene.Int(description="The newest if not said."),
    )

    @staticmethod
    @scope(TEMPLATE.read)
    def resolve_check_document_template(_root: Any, _info: Any, **given: Any) -> dict[str, Any]:
        written, theme, _ = _read(given)
        return checked(written, theme)

    @staticmethod
    @scope(TEMPLATE.read)
    def resolve_preview_document_template(_root: Any, _info: Any, **given: Any) -> dict[str, Any]:
        shown = {name: given.pop(name) for name in _SHOWN if given.get(name) is not None}
        assets, locale = by_name(given.pop("assets", None) or []), given.pop("locale", None) or ""
        written, theme, upload = _read(given)
        try:
            made = preview(
                written, theme, upload, assets=assets, locale=locale, shown=Shown(**shown)
            )
        except (FindingsError, RenderingLimitError, RenderingFailedError) as error:
            kind = upload.kind if upload and upload.kind else "pdf"
            nothing = {"pages": 0, "pictures": [], "format": kind}
            return {**nothing, "problem": str(error), "code": error.code}
        pictures = [
            {**asdict(one), "png": base64.b64encode(one.png).decode()} for one in made.pictures
        ]
        return {
            "title": made.title,
            "pages": made.pages,
            "pictures": pictures,
            "format": made.format,
            "document": base64.b64encode(made.document).decode() or None,
            "note": made.note or None,
        }

    @staticmethod
    @scope(TEMPLATE.read)
    def resolve_document_template_differences(
        _root: Any, _info: Any, *, id: str, before: int, after: int
    ) -> list[dict[str, Any]]:
        template = selectors.row_of(Template, id)
        older, newer = (selectors.version_of(template, number) for number in (before, after))
        return [_difference(one) for one in selectors.between(older, newer, template.theme)]

    @staticmethod
    @scope(TEMPLATE.read)
    def resolve_document_template_export(
        _root: Any, _info: Any, *, id: str, number: int | None = None
    ) -> str:
        return export_template(selectors.row_of(Template, id), number)


def _read(
    given: dict[str, Any],
) -> tuple[Written, Theme | None, TemplateUpload | None]:
    """Return the texts that were sent, and the rows that go with them."""
    texts = {name: value for name, value in given.items() if value is not None}
    theme_id, upload_id = texts.pop("theme_id", None), texts.pop("upload_id", None)
    theme = selectors.row_of(Theme, theme_id) if theme_id else None
    upload = selectors.row_of(TemplateUpload, upload_id) if upload_id else None
    if upload is not None:
        texts["upload"] = selectors.uploaded(upload)
    return Written(**texts), theme, upload


def checked(written: Written, theme: Theme | None) -> dict[str, Any]:
    """Return what is to be said of a version, as the graph tells it."""
    found = selectors.judged(written, theme)
    schema = infer_schema(found.template) if found.template else None
    if schema is not None and written.upload is not None and written.upload.inferred:
        schema = both(json.loads(written.upload.inferred), schema)
    return {
        "publishable": not found.errors,
        "findings": [finding_told(source, one) for source, one in found.findings],
        "inferred_schema": told(schema) if schema is not None else None,
    }


def _difference(one: Difference) -> dict[str, Any]:
    gone, new = one.after is MISSING, one.before is MISSING
    return {
        "place": one.place,
        "verb": "removed" if gone else "added" if new else "changed",
        "before": None if new else one.before,
        "after": None if gone else one.after,
    }
