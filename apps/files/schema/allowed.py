"""What the files of a tenant may be, through the graph."""

from typing import Any

import graphene

from apps.files.access import TYPES
from apps.files.conf import ALLOWED_TYPES
from apps.files.schema.types import FileType
from apps.files.selectors.types import own_types
from apps.files.services.types import allow_types
from kernel.federation.access import scope
from kernel.federation.mutations import Change, ChangeInput


class AllowedFileTypes(graphene.ObjectType):
    """What files may be, by their own bytes: media types, and `image/*` for all of a kind."""

    types = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What the tenant lets its files be; empty: whatever the installation does.",
    )
    everywhere = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What the installation lets files be, which no tenant widens; empty: anything.",
    )


class AllowFileTypesInput(ChangeInput):
    """What files may be from now on."""

    types = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="At most 100, such as `application/pdf` or `image/*`; empty: no list.",
    )


class _Allow(Change):
    """Says what may come: not for everybody who adds files."""

    def __init__(self, **options: Any) -> None:
        super().__init__(FileType, **options)
        self.scope = TYPES

    def results(self) -> dict[str, Any]:
        return {"types": graphene.List(graphene.NonNull(graphene.String))}

    def done(self, made: tuple[str, ...]) -> dict[str, Any]:
        return {"types": list(made)}


class AllowedTypesQueries:
    """Reads of what files may be."""

    allowed_file_types = graphene.Field(AllowedFileTypes, required=True)

    @staticmethod
    @scope("files:read")
    def resolve_allowed_file_types(_root: Any, _info: Any) -> dict[str, Any]:
        return {"types": own_types(), "everywhere": ALLOWED_TYPES.value()}


class AllowedTypesChanges:
    """Changes of what files may be."""

    allow_file_types = _Allow(
        input=AllowFileTypesInput,
        by=allow_types,
        description="Let files of the tenant be these, by their own bytes; others are refused when"
        " they are scanned. It takes files:types.",
    )
