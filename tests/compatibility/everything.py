"""Three subgraphs that use every directive of Federation 2.9 together."""

import graphene
from graphene_directives import DirectiveLocation
from graphene_federation import ComposableDirective
from graphql import GraphQLArgument, GraphQLNonNull, GraphQLString

from kernel.federation.directives import (
    authenticated,
    context,
    cost,
    custom,
    external,
    from_context,
    inaccessible,
    interface_object,
    key,
    list_size,
    override,
    policy,
    provides,
    requires,
    requires_scopes,
    shareable,
    tag,
)
from kernel.federation.entities import Resolvable
from kernel.federation.subgraph import Subgraph, build_subgraph

#: What would break the text if it were not escaped.
TEXT = 'a "quote", a \\ and\na new line: 飛行場 """'

shelf = ComposableDirective(
    name="shelf",
    locations=[DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    args={"label": GraphQLArgument(GraphQLNonNull(GraphQLString))},
    spec_url="https://specs.example.com/shelf/v1.0",
)


@tag("places")
@key("id")
class Media(Resolvable, graphene.Interface):
    id = graphene.ID(required=True)
    title = graphene.String(description=TEXT)


@tag("places")
class Language(graphene.Enum):
    ENGLISH = "en"
    DUTCH = "nl"
    LATIN = "la"


tag("places")(Language.DUTCH)
inaccessible(Language.LATIN)


@cost(2)
@tag("places")
class Moment(graphene.Scalar):
    pass


@tag("places")
class Wanted(graphene.InputObjectType):
    since = cost(3)(tag("places")(Moment()))
    secret = inaccessible(graphene.String())


@shareable
class Format(graphene.ObjectType):
    id = graphene.ID(required=True)
    pages = graphene.Int()


@context("shop")
@key("isbn")
class Shop(Resolvable, graphene.ObjectType):
    isbn = graphene.ID(required=True)
    currency = graphene.String(required=True)
    shelf = graphene.Field(lambda: Price)


@key("id")
class Price(Resolvable, graphene.ObjectType):
    id = graphene.ID(required=True)
    amount = graphene.Int(
        required=True, currency=from_context("$shop { currency }")(graphene.String())
    )


@custom(shelf, label=TEXT)
@key("id")
@key("sku format { id }")
class Book(Resolvable, graphene.ObjectType):
    class Meta:
        interfaces = (Media,)

    id = graphene.ID(required=True)
    title = shareable(graphene.String())
    sku = graphene.String()
    format = graphene.Field(Format)
    weight = tag(TEXT)(graphene.Int())
    price = override("shop", label="percent(5)")(graphene.Int())
    language = cost(5)(Language())
    published = authenticated(graphene.Field(Moment))
    sold = requires_scopes(["shop:read", "shop:write"], ["admin"])(graphene.Int())
    margin = policy(["staff"], ["owner", "auditor"])(graphene.Int())
    note = inaccessible(graphene.String())


@tag("places")
class Either(graphene.Union):
    class Meta:
        types = (Book, Shop)


class Query(graphene.ObjectType):
    books = list_size(assumed_size=10, slicing_arguments=["first"])(
        graphene.Field(
            graphene.List(Book),
            wanted=Wanted(),
            first=tag("places")(cost(1)(graphene.Int())),
            text=graphene.String(default_value=TEXT, description=TEXT),
            deprecation_reason=TEXT,
        )
    )
    either = graphene.Field(Either)
    shop = graphene.Field(Shop)


catalogue = build_subgraph(
    "catalogue",
    query=Query,
    entities=[Media, Book, Shop, Price],
    directives=[shelf],
)


def _shop() -> Subgraph:
    @key("id")
    class ShopBook(Resolvable, graphene.ObjectType):
        class Meta:
            name = "Book"

        id = graphene.ID(required=True)
        weight = external(graphene.Int())
        title = external(graphene.String())
        price = graphene.Int()
        postage = requires("weight")(graphene.Int())

    @key("isbn", resolvable=False)
    class ShopStub(Resolvable, graphene.ObjectType):
        class Meta:
            name = "Shop"

        isbn = graphene.ID(required=True)

    class ShopQuery(graphene.ObjectType):
        best = provides("title")(graphene.Field(ShopBook))
        best_shop = graphene.Field(ShopStub)

    return build_subgraph("shop", query=ShopQuery, entities=[ShopBook, ShopStub])


def _ratings() -> Subgraph:
    @interface_object
    @key("id")
    class RatedMedia(Resolvable, graphene.ObjectType):
        class Meta:
            name = "Media"

        id = graphene.ID(required=True)
        stars = graphene.Int()

    class RatingsQuery(graphene.ObjectType):
        popular = graphene.Field(RatedMedia)

    return build_subgraph("ratings", query=RatingsQuery, entities=[RatedMedia])


EVERYTHING = [catalogue, _shop(), _ratings()]
