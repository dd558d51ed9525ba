"""What a document can be made as."""

import graphene

from apps.documents.models import DocumentFormat

DocumentFormatEnum = graphene.Enum.from_enum(DocumentFormat)
