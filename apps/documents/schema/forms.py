"""Forms of PDF as the graph shows them."""

from typing import Any

import graphene

from apps.documents.access import DOCUMENT
from apps.documents.schema.inputs import OPENS
from apps.documents.services.form_reading import fields_of
from kernel.errors import DomainError, ForbiddenError
from kernel.federation.access import scope
from kernel.federation.scalars import JSON


class PdfFormField(graphene.ObjectType):
    """One field of a form."""

    name = graphene.String(required=True)
    kind = graphene.String(
        required=True, description="text, checkbox, radio, choice, list, button or signature."
    )
    label = graphene.String(required=True, description="What it is for, or nothing.")
    value = JSON(description="What it holds: a text, true or false, or a list of texts.")
    options = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="None where any text may be."
    )
    required = graphene.Boolean(required=True)
    read_only = graphene.Boolean(required=True)
    max_length = graphene.Int()


class PdfForm(graphene.ObjectType):
    """The fields of a form, or why they cannot be told."""

    fields = graphene.List(graphene.NonNull(PdfFormField), required=True)
    problem = graphene.String()
    code = graphene.String(description="The code of that.")


class FormQueries:
    """What may be asked of forms."""

    pdf_form = graphene.Field(
        PdfForm,
        required=True,
        description="Which fields a PDF has for `fillPdfForm`, read as the caller may read it.",
        file_id=graphene.ID(required=True),
        password=graphene.String(description=f"{OPENS} Send it by POST, as a variable."),
    )

    @staticmethod
    @scope(DOCUMENT.read)
    def resolve_pdf_form(
        _root: Any, _info: Any, *, file_id: str, password: str | None = None
    ) -> dict[str, Any]:
        try:
            return {"fields": fields_of(file_id, password=password or "")}
        except ForbiddenError:
            raise
        except DomainError as error:
            return {"fields": [], "problem": str(error), "code": error.code}
