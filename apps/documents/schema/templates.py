"""Templates, their versions, themes and partials as the graph shows them."""

from functools import partial
from typing import Any

import graphene

from apps.documents.domain.faces import STYLES
from apps.documents.domain.findings import Finding, Severity
from apps.documents.domain.written import Source
from apps.documents.models import (
    Partial,
    Template,
    TemplateUpload,
    TemplateVersion,
    Theme,
    UploadState,
    VersionState,
)
from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.selectors.templates import (
    drafts_of,
    fonts_of,
    published_of,
    templates_of,
    themes_of,
    uploaded,
    uploads_of,
)
from kernel.federation.batches import Batched, peers
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference

TemplateVersionStateEnum = graphene.Enum.from_enum(
    VersionState,
    name="DocumentTemplateVersionState",
    description="Where a version stands; of one template at most one is a draft.",
)


@key("id")
class ThemeType(Entity):
    """Colours, type and a logo, which templates show as the asset `logo`."""

    class Meta:
        model = Theme
        name = "DocumentTheme"
        fields = ("id", "name", "size", "color", "accent", "stripe", "logo_version", "created_at")

    logo = Reference("File", column="logo_id")
    fonts = Batched(
        lambda: FontsType,
        load=partial(fonts_of, Theme),
        description="What documents are set in; null for ours, which are also for the characters"
        " that these lack.",
    )


@key("id")
class PartialType(Entity):
    """Blocks that templates include by name."""

    class Meta:
        model = Partial
        name = "DocumentPartial"
        fields = ("id", "name", "description", "body", "created_at", "updated_at")


class TemplateAsset(graphene.ObjectType):
    """A picture, by the name that blocks have for it."""

    class Meta:
        name = "DocumentTemplateAsset"

    name = graphene.String(required=True)
    file_id = graphene.ID(description="Null of a picture of the gallery.")
    version = graphene.Int(description="The version of the file.")
    gallery = graphene.String(description="What the gallery calls its picture.")


FindingSource = graphene.Enum.from_enum(
    Source,
    name="DocumentTemplateFindingSource",
    description="Into which text the place of a finding leads.",
)
FindingSeverity = graphene.Enum.from_enum(
    Severity,
    name="DocumentTemplateFindingSeverity",
    description="A template with an error is not published; a warning is advice.",
)
UploadStateEnum = graphene.Enum.from_enum(
    UploadState,
    name="DocumentTemplateUploadState",
    description="Where an uploaded template stands: it is looked through by a job.",
)


FontStyleEnum = graphene.Enum(
    "DocumentFontStyle",
    [(style.upper(), style) for style in STYLES],
    description=lambda _: "In the place of one that was not brought stands the nearest that was.",
)


class DocumentTemplateFinding(graphene.ObjectType):
    """One thing to mend."""

    source = FindingSource(required=True)
    place = graphene.String(
        required=True,
        description="A JSON pointer; of Markdown the line. What begins with `/partials/` may be a"
        " partial of the tenant. Of an upload the paragraph or the cell.",
    )
    code = graphene.String(required=True)
    message = graphene.String(required=True)
    block = graphene.String(required=True, description="The type of the block, or nothing.")
    expression = graphene.String(required=True, description="The expression, or nothing.")
    at = graphene.Int(description="The character of the expression, counted from 0.")
    severity = FindingSeverity(required=True)


def finding_told(source: Source, finding: Finding) -> dict[str, Any]:
    """Return a finding as the graph tells it."""
    return {
        "source": source,
        "place": finding.place,
        "code": finding.code,
        "message": finding.message,
        "block": finding.block,
        "expression": finding.expression,
        "at": finding.at,
        "severity": finding.severity,
    }


class UploadType(graphene.ObjectType):
    """A file of Word or Excel that is filled: one version of it, kept as it was given."""

    class Meta:
        name = "DocumentTemplateUpload"

    id = graphene.ID(required=True, description="For `checkDocumentTemplate` and the preview.")
    file_id = graphene.ID(required=True)
    file_version = graphene.Int(required=True)
    state = UploadStateEnum(required=True)
    kind = DocumentFormatEnum(description="What is made of it; null until it is looked through.")
    size_bytes = graphene.Float(required=True)
    sha256 = graphene.String(required=True)
    findings = graphene.List(graphene.NonNull(DocumentTemplateFinding), required=True)
    inferred_schema = graphene.String(description="A draft of the schema of all that it reads.")

    @staticmethod
    def resolve_kind(upload: TemplateUpload, _info: Any) -> str | None:
        return upload.kind or None

    @staticmethod
    def resolve_findings(upload: TemplateUpload, _info: Any) -> list[dict[str, Any]]:
        return [finding_told(Source.UPLOAD, one) for one in uploaded(upload).findings]

    @staticmethod
    def resolve_inferred_schema(upload: TemplateUpload, _info: Any) -> str | None:
        return upload.inferred or None


class FontFace(graphene.ObjectType):
    """The file of a style: one version of it, kept as it was given."""

    class Meta:
        name = "DocumentFontFace"

    style = FontStyleEnum(required=True)
    file_id = graphene.ID(required=True)
    file_version = graphene.Int(required=True)


class FontsType(graphene.ObjectType):
    """The fonts of a family that a tenant has brought."""

    class Meta:
        name = "DocumentFonts"

    state = UploadStateEnum(required=True)
    family = graphene.String(required=True, description="Empty until they are looked through.")
    faces = graphene.List(graphene.NonNull(FontFace), required=True)
    size_bytes = graphene.Float(required=True)
    sha256 = graphene.String(required=True)
    findings = graphene.List(graphene.NonNull(DocumentTemplateFinding), required=True)

    @staticmethod
    def resolve_faces(fonts: TemplateUpload, _info: Any) -> list[dict[str, Any]]:
        return [
            {"style": style, "file_id": one["file"], "file_version": one["version"]}
            for style in STYLES
            if (one := fonts.faces.get(style))
        ]

    @staticmethod
    def resolve_findings(fonts: TemplateUpload, _info: Any) -> list[dict[str, Any]]:
        return [finding_told(Source.UPLOAD, one) for one in uploaded(fonts).findings]


@key("id")
class TemplateVersionType(Entity):
    """What a template says. Once it is published nothing of it changes."""

    class Meta:
        model = TemplateVersion
        name = "DocumentTemplateVersion"
        fields = (
            "id",
            "number",
            "body",
            "markdown",
            "schema",
            "sample",
            "resolved",
            "note",
            "author_type",
            "author_id",
            "author_name",
            "created_at",
            "saved_at",
            "published_at",
        )

    template_id = graphene.ID(required=True)
    template = Batched(lambda: TemplateType, load=peers(templates_of), required=True)
    state = TemplateVersionStateEnum(required=True)
    assets = graphene.List(graphene.NonNull(TemplateAsset), required=True)
    upload = Batched(
        UploadType,
        load=uploads_of,
        description="The file that is filled in the place of blocks; of the body count the title,"
        " `locale`, `currency` and `timezone`.",
    )

    fonts = Batched(
        FontsType,
        load=partial(fonts_of, TemplateVersion),
        description="Those that it was published with; of a draft its theme tells.",
    )

    @staticmethod
    def resolve_assets(version: TemplateVersion, _info: Any) -> list[dict[str, Any]]:
        return [
            {"name": name, "file_id": one.get("file"), **one}
            for name, one in sorted(version.assets.items())
        ]


@key("id")
class TemplateType(Entity):
    """What documents are made of, known by its name; what it says is in its versions."""

    class Meta:
        model = Template
        name = "DocumentTemplate"
        fields = ("id", "name", "title", "description", "archived_at", "created_at")

    formats = graphene.List(
        graphene.NonNull(DocumentFormatEnum),
        required=True,
        description="What it is meant to be made as, the usual first; empty for anything.",
    )
    theme = Batched(ThemeType, load=peers(themes_of))
    published = Batched(
        TemplateVersionType,
        load=peers(published_of),
        description="What documents are made of that name no version.",
    )
    draft = Batched(TemplateVersionType, load=peers(drafts_of))
