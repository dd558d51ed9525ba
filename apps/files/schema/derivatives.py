"""What was made of a file, beside it in the graph."""

from typing import Any

import graphene

from apps.files.models import DerivativeKind, DerivativeState
from apps.files.selectors.derivatives import excerpts_of, pictures_of
from kernel.federation.batches import Batched

DerivativeStateEnum = graphene.Enum.from_enum(DerivativeState)


class FilePicture(graphene.ObjectType):
    """A small picture of a file, as WebP, or how far it is."""

    state = DerivativeStateEnum(required=True)
    reason = graphene.String(
        required=True, description="Why it is impossible, for programs: `ENCRYPTED`, for one."
    )
    width = graphene.Int()
    height = graphene.Int()
    url = graphene.String(
        description="Where whoever has it fetches it for an hour at least; null until it is ready."
    )


def _picture(kind: DerivativeKind, size: int) -> Batched:
    return Batched(
        FilePicture,
        load=lambda ids: pictures_of(ids, kind),
        description=f"At most {size} pixels long. Null of a file that is not given out, and of one"
        " of which none is made.",
    )


class Derived:
    """Fields of a file."""

    thumbnail = _picture(DerivativeKind.THUMBNAIL, 256)
    preview = _picture(DerivativeKind.PREVIEW, 1024)
    text_excerpt: Any = Batched(
        graphene.String,
        load=excerpts_of,
        description="How its text begins; null of a file that is not given out, or has none.",
    )
