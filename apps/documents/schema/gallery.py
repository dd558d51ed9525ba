"""The gallery as the graph shows it."""

import json
from typing import Any

import graphene
from django.templatetags.static import static

from apps.documents.access import TEMPLATE
from apps.documents.domain.gallery import Sample, gallery
from apps.documents.schema.formats import DocumentFormatEnum
from kernel.federation.access import scope


class GalleryTemplate(graphene.ObjectType):
    """A template to begin with: `copyDocumentGalleryTemplate`."""

    class Meta:
        name = "DocumentGalleryTemplate"

    name = graphene.String(required=True)
    title = graphene.String(required=True)
    description = graphene.String(required=True)
    formats = graphene.List(
        graphene.NonNull(DocumentFormatEnum), required=True, description="The best first."
    )
    picture = graphene.String(required=True, description="Where a page of it is, as a PNG file.")
    sample = graphene.String(required=True, description="Data that it is shown with, as JSON.")

    @staticmethod
    def resolve_picture(found: Sample, _info: Any) -> str:
        return static(f"documents/gallery/{found.name}-{found.pages[0]}.png")

    @staticmethod
    def resolve_sample(found: Sample, _info: Any) -> str:
        return json.dumps(found.data, ensure_ascii=False, indent=2)


class GalleryQueries:
    """What may be asked of the gallery."""

    document_gallery = graphene.List(
        graphene.NonNull(GalleryTemplate),
        required=True,
        description="Templates to begin with, by title; the same for all tenants.",
    )

    @staticmethod
    @scope(TEMPLATE.read)
    def resolve_document_gallery(_root: Any, _info: Any) -> list[Sample]:
        return list(gallery())
