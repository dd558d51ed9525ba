"""Templates that begin as one of the gallery."""

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.contrib.staticfiles import finders

from apps.documents.domain.gallery import gallery, pictures
from apps.documents.models import DocumentState, TemplateVersion
from apps.documents.services.beginning import copy_from_gallery
from apps.documents.services.documents import create_document
from apps.documents.services.drafts import save_draft
from apps.documents.services.publishing import publish_template
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from tests.documents.making import kept_in, stored, with_files

pytestmark = pytest.mark.usefixtures("tenant")
FILE = "01900000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("name", [one.name for one in gallery()])
def test_each_is_copied_and_can_be_published_as_it_is(name: str) -> None:
    template = copy_from_gallery(sample=name)

    publish_template(id=str(template.pk))

    version = TemplateVersion.objects.get(template=template)
    assert (template.name, version.state) == (name, "published")


@with_files
def test_a_document_of_a_copy_has_the_pictures_of_the_gallery(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in(monkeypatch, tmp_path)
    template = copy_from_gallery(sample="price-list", name="prices", title="Prices")
    publish_template(id=str(template.pk))
    sample = next(one for one in gallery() if one.name == "price-list")

    document = create_document(template="prices", format="pdf", data=dict(sample.data))
    drain()

    document.refresh_from_db()
    assert document.state == DocumentState.READY, document.error_message
    made = next(one for one in stored(tmp_path) if one.read_bytes().startswith(b"%PDF"))
    page = pypdfium2.PdfDocument(made)[0]
    assert sum(1 for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])) >= 6


def test_what_the_gallery_has_not_or_the_tenant_has_is_refused() -> None:
    copy_from_gallery(sample="letter")

    with pytest.raises(NotFoundError, match="no template 'nothing'"):
        copy_from_gallery(sample="nothing")
    with pytest.raises(ConflictError, match="there is a template 'letter'"):
        copy_from_gallery(sample="letter")


@pytest.mark.parametrize(
    "asset",
    [
        {"gallery": "no-such"},
        {"gallery": "logo", "file": FILE, "version": 1},
        {"file": FILE},
        {"version": 1},
        {"file": FILE, "version": 0},
    ],
)
def test_a_picture_is_one_of_a_file_or_of_the_gallery(asset: dict[str, Any]) -> None:
    template = copy_from_gallery(sample="invoice")

    with pytest.raises(InvalidInputError):
        save_draft(id=str(template.pk), assets={"logo": asset})


def test_the_graph_lists_the_gallery_with_pictures_that_are_there(graphql: GraphQLClient) -> None:
    answer = graphql("{ documentGallery { name formats picture sample } }")

    found = answer.data["documentGallery"]

    assert [one["name"] for one in found] == [one.name for one in gallery()]
    assert all(finders.find(one["picture"].removeprefix("/static/")) for one in found)
    assert pictures().keys() >= {"logo", "desk"}


def test_the_graph_tells_of_pictures_what_they_are(graphql: GraphQLClient) -> None:
    answer = graphql(
        'mutation { copyDocumentGalleryTemplate(input: {sample: "invoice", name: "bill"}) {'
        " documentTemplate { name title formats"
        " draft { assets { name fileId version gallery } } } } }"
    )

    made = answer.data["copyDocumentGalleryTemplate"]["documentTemplate"]
    assert (made["name"], made["title"], made["formats"][0]) == ("bill", "Invoice", "PDF")
    assert made["draft"]["assets"] == [
        {"name": "logo", "fileId": None, "version": None, "gallery": "logo"}
    ]
