"""What may be done to PDFs that are files."""

import graphene

from apps.documents.schema.inputs import OPENS, SIGN_WITH, DocumentProtectionInput
from apps.documents.schema.types import DocumentType
from apps.documents.services.pdf_files import fill_pdf_form, merge_pdfs, split_pdf
from kernel.federation.mutations import Bulk, ChangeInput, Create
from kernel.federation.scalars import JSON

_FILE = "A PDF of the files service, read as the caller may read it then."
_KEPT = f"{OPENS} Kept sealed until the document is made, and told nobody."


class _Sealed(ChangeInput):
    """What becomes of PDFs that are made of others."""

    sign_with = graphene.String(description=SIGN_WITH)
    protect = DocumentProtectionInput(description="For PDFs that are not signed.")


class PdfPasswordInput(graphene.InputObjectType):
    """What opens one of several PDFs."""

    file_id = graphene.ID(required=True)
    password = graphene.String(required=True, description=_KEPT)


class MergePdfsInput(_Sealed):
    """PDFs that become one, in their order."""

    file_ids = graphene.List(
        graphene.NonNull(graphene.ID), required=True, description="2 to 100 files."
    )
    title = graphene.String(required=True)
    passwords = graphene.List(
        graphene.NonNull(PdfPasswordInput), description="Of those that are encrypted."
    )


class PdfPagesInput(graphene.InputObjectType):
    """Pages of a PDF, counted from 1."""

    first = graphene.Int(required=True)
    last = graphene.Int(required=True)


class SplitPdfInput(_Sealed):
    """A PDF, and the ranges of pages that become PDFs of their own."""

    file_id = graphene.ID(required=True, description=_FILE)
    ranges = graphene.List(
        graphene.NonNull(PdfPagesInput), required=True, description="1 to 100 of them."
    )
    title = graphene.String(description="Before the pages in the title of each.")
    password = graphene.String(description=_KEPT)


class FillPdfFormInput(_Sealed):
    """A form of PDF, and what goes into its fields."""

    file_id = graphene.ID(required=True, description=_FILE)
    values = JSON(
        required=True,
        description="By the names of fields: a text, true or false, or a list of texts.",
    )
    flatten = graphene.Boolean(description="Leave no fields, only what they show.")
    title = graphene.String()
    password = graphene.String(description=_KEPT)


class FileChanges:
    """Documents made of PDFs that are files."""

    merge_pdfs = Create(
        DocumentType,
        input=MergePdfsInput,
        by=merge_pdfs,
        description="Have one PDF made of several, with a bookmark for each.",
    )
    split_pdf = Bulk(
        DocumentType,
        input=SplitPdfInput,
        by=split_pdf,
        description="Have a PDF made of each range of pages of one.",
    )
    fill_pdf_form = Create(
        DocumentType,
        input=FillPdfFormInput,
        by=fill_pdf_form,
        description="Have a form of PDF filled.",
    )
