"""Templates, their versions, themes and partials as the graph shows them."""

from collections.abc import Callable
from typing import Any

import graphene

from apps.documents.models import Partial, Template, TemplateVersion, Theme, VersionState
from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.selectors.templates import drafts_of, published_of, themes_of
from kernel.federation.batches import Batched, together
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
    """Colours, the size of type and a logo, which templates show as the asset `logo`."""

    class Meta:
        model = Theme
        name = "DocumentTheme"
        fields = ("id", "name", "size", "color", "accent", "stripe", "logo_version", "created_at")

    logo = Reference("File", column="logo_id")


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
    state = TemplateVersionStateEnum(required=True)
    assets = graphene.List(graphene.NonNull(TemplateAsset), required=True)

    @staticmethod
    def resolve_assets(version: TemplateVersion, _info: Any) -> list[dict[str, Any]]:
        return [
            {"name": name, "file_id": one.get("file"), **one}
            for name, one in sorted(version.assets.items())
        ]


def peers(load: Callable[[list[str]], dict[str, Any]]) -> Callable[[list[str]], dict[str, Any]]:
    """Return what loads rows that load what belongs to them together."""

    def loaded(ids: list[str]) -> dict[str, Any]:
        found = load(ids)
        together(list(found.values()))
        return found

    return loaded


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
