"""What can be imported and exported, through the graph."""

from typing import Any

import graphene

from apps.importexport.selectors.tables import datasets_of_tables
from apps.importexport.services.externals import all_external
from contracts.datasets import Dataset, Field, Kind, Mode
from kernel.datasets.client import all_datasets
from kernel.federation.access import scope
from kernel.tenancy.context import current_principal

DatasetMode = graphene.Enum.from_enum(
    Mode, name="DatasetMode", description="What rows do to those that are there with their key."
)
DatasetFieldKind = graphene.Enum.from_enum(
    Kind, name="DatasetFieldKind", description="What a field holds."
)


class DatasetFieldType(graphene.ObjectType):
    """One field of a dataset, and what its values have to be."""

    class Meta:
        name = "DatasetField"

    name = graphene.String(required=True)
    title = graphene.String(required=True, description="For people; its name if it has no other.")
    description = graphene.String(required=True)
    kind = graphene.Field(DatasetFieldKind, required=True)
    required = graphene.Boolean(required=True, description="Whether a new row needs it.")
    unique = graphene.Boolean(required=True)
    max_length = graphene.Int()
    pattern = graphene.String(required=True, description="Which the whole text has to match.")
    choices = graphene.List(graphene.NonNull(graphene.String), required=True)
    read_only = graphene.Boolean(required=True, description="Importing leaves it out.")
    masked = graphene.Boolean(
        required=True, description="Whether `***` stands there for whoever asks."
    )

    @staticmethod
    def resolve_title(field: Field, _info: Any) -> str:
        return field.title or field.name

    @staticmethod
    def resolve_masked(field: Field, _info: Any) -> bool:
        return bool(field.masked_without) and not current_principal().may(field.masked_without)


class DatasetType(graphene.ObjectType):
    """What an app lets be exported, and imported where it names modes."""

    class Meta:
        name = "Dataset"

    name = graphene.String(required=True, description="Its app's and its own: `config.flags`.")
    title = graphene.String(required=True)
    description = graphene.String(required=True)
    fields = graphene.List(graphene.NonNull(DatasetFieldType), required=True)
    key = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="The fields that together name a row.",
    )
    modes = graphene.List(graphene.NonNull(DatasetMode), required=True)
    filters = graphene.List(graphene.NonNull(graphene.String), required=True)
    cursor = graphene.String(
        required=True, description="The field by which it grows; empty if there is none."
    )
    readable = graphene.Boolean(required=True, description="Whether whoever asks may export it.")
    writable = graphene.Boolean(required=True, description="Whether whoever asks may import it.")

    @staticmethod
    def resolve_modes(dataset: Dataset, _info: Any) -> list[Mode]:
        return [mode for mode in Mode if mode in dataset.modes]

    @staticmethod
    def resolve_readable(dataset: Dataset, _info: Any) -> bool:
        return current_principal().may(dataset.read_scope)

    @staticmethod
    def resolve_writable(dataset: Dataset, _info: Any) -> bool:
        return bool(dataset.write_scope) and current_principal().may(dataset.write_scope)


class DatasetQueries:
    """What may be asked of datasets."""

    datasets = graphene.List(
        graphene.NonNull(DatasetType),
        required=True,
        description="What whoever asks may import or export, of all services.",
    )

    @staticmethod
    @scope("importexport:read")
    def resolve_datasets(_root: Any, _info: Any) -> list[Dataset]:
        return [*all_datasets(), *datasets_of_tables(), *all_external()]
