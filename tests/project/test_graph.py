"""The graph of a process: seven subgraphs, and all of them as one schema."""

import graphene
import pytest
from django.conf import settings
from graphql import GraphQLObjectType, GraphQLSchema, print_schema

from apps.config.schema.types import FeatureFlagType
from apps.files.services import create_file
from apps.scheduler.services.schedules import create_schedule
from kernel.federation.subgraph import build_subgraph, compose
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from project.graph import composed_endpoint, service_endpoint, subgraph


def test_the_composed_schema_has_every_field_of_every_service() -> None:
    composed = composed_endpoint().schema
    own = {"_service", "_entities"}
    schemas = [subgraph(service).schema for service in settings.SERVICES]

    for root in ("query_type", "mutation_type"):
        expected = {name for schema in schemas for name in getattr(schema, root).fields} - own
        assert set(getattr(composed, root).fields) == expected


def types_of(schema: GraphQLSchema, name: str) -> dict[str, str]:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return {field: str(found.type) for field, found in type_.fields.items()}


def test_a_composed_type_has_its_owners_fields_and_those_that_others_contribute() -> None:
    composed = composed_endpoint().schema
    for service in settings.SERVICES:
        for name in subgraph(service).entities:
            expected = types_of(service_endpoint(service).schema, name)
            if service != "audit":
                expected |= {"auditLogs": "AuditLogConnection"}

            assert types_of(composed, name) == expected


def test_one_request_reaches_several_services(graphql: GraphQLClient, tenant: Tenant) -> None:
    create_file(name="a.csv", content_type="text/csv", size_bytes=1)
    create_schedule(name="nightly", cron="0 3 * * *", time_zone="UTC")

    data = graphql("{ files { nodes { name } } jobSchedules { nodes { name } } }").data

    assert data == {
        "files": {"nodes": [{"name": "a.csv"}]},
        "jobSchedules": {"nodes": [{"name": "nightly"}]},
    }


def test_the_order_of_the_services_does_not_change_the_schema() -> None:
    graphs = [subgraph(service) for service in settings.SERVICES]

    forwards, backwards = compose(graphs), compose(graphs[::-1])

    assert set(forwards.type_map) == set(backwards.type_map)
    # Of empty lines there is one before each description but those of first fields.
    assert sorted(filter(None, print_schema(forwards).splitlines())) == sorted(
        filter(None, print_schema(backwards).splitlines())
    )


def test_two_types_of_one_name_are_refused() -> None:
    class Query(graphene.ObjectType):  # type: ignore[misc]  # graphene has no types
        """Another service that thinks it owns FileState."""

        state = graphene.Enum("FileState", [("LOST", "lost")])()

    other = build_subgraph("other", query=Query, entities=[FeatureFlagType])

    with pytest.raises(ValueError, match="both define FileState"):
        compose([subgraph("files"), other])


def test_every_sdl_is_pinned_to_the_version_both_composers_know() -> None:
    for service in settings.SERVICES:
        sdl = subgraph(service).sdl
        assert "https://specs.apollo.dev/federation/v2.9" in sdl
        assert "FieldSet" not in sdl
        assert "federation__" not in sdl
