"""The `products` subgraph that Apollo's compatibility suite wants, with its data."""

from collections.abc import Iterator
from typing import Any

import graphene
from graphene_directives import DirectiveLocation
from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion

from kernel.federation.directives import (
    custom,
    external,
    inaccessible,
    interface_object,
    key,
    override,
    provides,
    requires,
    shareable,
    tag,
)
from kernel.federation.entities import Representation, Resolvable
from kernel.federation.subgraph import build_subgraph

made_to_order = ComposableDirective(
    name="custom",
    locations=[DirectiveLocation.OBJECT],
    spec_url="https://myspecs.dev/myCustomDirective/v1.0",
)


class Listed(Resolvable):
    """Mixed into a type whose few rows are listed in the code."""

    @classmethod
    def rows(cls) -> "Iterator[Any]":
        """Return all of them, made anew."""
        raise NotImplementedError

    @classmethod
    def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
        return [
            next((row for row in cls.rows() if _fits(row, wanted)), None)
            for wanted in representations
        ]


def _fits(row: Any, wanted: Representation) -> bool:
    """Say whether the row has the values of a representation, nested ones too."""
    return all(
        _fits(getattr(row, name), value) if isinstance(value, dict) else getattr(row, name) == value
        for name, value in _snake_case(wanted).items()
        if name != "__typename"
    )


def _snake_case(wanted: Representation) -> Representation:
    return {{"caseNumber": "case_number"}.get(name, name): wanted[name] for name in wanted}


class CaseStudy(graphene.ObjectType):
    case_number = graphene.ID(required=True)
    description = graphene.String()


@key("study { caseNumber }")
class ProductResearch(Listed, graphene.ObjectType):
    study = graphene.Field(CaseStudy, required=True)
    outcome = graphene.String()

    @classmethod
    def rows(cls) -> Iterator[Any]:
        for number, description in (("1234", "Federation Study"), ("1235", "Studio Study")):
            yield cls(study=CaseStudy(case_number=number, description=description))


class ProductVariation(graphene.ObjectType):
    id = graphene.ID(required=True)


@shareable
class ProductDimension(graphene.ObjectType):
    size = graphene.String()
    weight = graphene.Float()
    unit = inaccessible(graphene.String())


@key("email")
class User(Resolvable, graphene.ObjectType):
    average_products_created_per_year = requires("totalProductsCreated yearsOfEmployment")(
        graphene.Int()
    )
    # In Federation 2 a key is shared; the suite's @external of it is a habit of Federation 1.
    email = graphene.ID(required=True)
    name = override("users")(graphene.String())
    total_products_created = external(graphene.Int())
    years_of_employment = external(graphene.Int(required=True))

    @staticmethod
    def resolve_average_products_created_per_year(user: Any, _info: Any) -> int | None:
        if user.total_products_created is None:
            return None
        return round(user.total_products_created / user.years_of_employment)

    @classmethod
    def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
        # What other subgraphs know of the user comes along where a field requires it.
        return [
            cls(
                email=one["email"],
                name="Jane Smith",
                total_products_created=one.get("totalProductsCreated", 1337),
                years_of_employment=one.get("yearsOfEmployment", 10),
            )
            for one in representations
        ]


def support() -> User:
    return User(
        email="support@apollographql.com",
        name="Jane Smith",
        total_products_created=1337,
        years_of_employment=10,
    )


@custom(made_to_order)
@key("id")
@key("sku package")
@key("sku variation { id }")
class Product(Listed, graphene.ObjectType):
    id = graphene.ID(required=True)
    sku = graphene.String()
    package = graphene.String()
    variation = graphene.Field(ProductVariation)
    dimensions = graphene.Field(ProductDimension)
    created_by = provides("totalProductsCreated")(graphene.Field(User))
    notes = tag("internal")(graphene.String())
    research = graphene.List(graphene.NonNull(ProductResearch), required=True)

    @classmethod
    def rows(cls) -> Iterator[Any]:
        for (name, package, variation), research in zip(
            (("federation", "@apollo/federation", "OSS"), ("studio", "", "platform")),
            ProductResearch.rows(),
            strict=True,
        ):
            yield cls(
                id=f"apollo-{name}",
                sku=name,
                package=package,
                variation=ProductVariation(id=variation),
                dimensions=ProductDimension(size="small", weight=1, unit="kg"),
                research=[research],
                created_by=support(),
            )


@key("sku package")
class DeprecatedProduct(Listed, graphene.ObjectType):
    sku = graphene.String(required=True)
    package = graphene.String(required=True)
    reason = graphene.String()
    created_by = graphene.Field(User)

    @classmethod
    def rows(cls) -> Iterator[Any]:
        yield cls(
            sku="apollo-federation-v1",
            package="@apollo/federation-v1",
            reason="Migrate to Federation V2",
            created_by=support(),
        )


@interface_object
@key("id")
class Inventory(Listed, graphene.ObjectType):
    id = graphene.ID(required=True)
    deprecated_products = graphene.List(graphene.NonNull(DeprecatedProduct), required=True)

    @classmethod
    def rows(cls) -> Iterator[Any]:
        yield cls(id="apollo-oss", deprecated_products=list(DeprecatedProduct.rows()))


class Query(graphene.ObjectType):
    product = graphene.Field(Product, id=graphene.ID(required=True))
    deprecated_product = graphene.Field(
        DeprecatedProduct,
        sku=graphene.String(required=True),
        package=graphene.String(required=True),
        deprecation_reason="Use product query instead",
    )

    @staticmethod
    def resolve_product(_root: Any, info: Any, **wanted: Any) -> Any:
        return Product.resolve_references(info, [wanted])[0]

    @staticmethod
    def resolve_deprecated_product(_root: Any, info: Any, **wanted: Any) -> Any:
        return DeprecatedProduct.resolve_references(info, [wanted])[0]


products = build_subgraph(
    "products",
    query=Query,
    entities=[Product, DeprecatedProduct, ProductResearch, User, Inventory],
    directives=[made_to_order],
    # The suite was made before 2.9 and takes no later link.
    version=FederationVersion.VERSION_2_3,
)
