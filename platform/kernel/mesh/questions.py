"""Questions to the graph that somebody writes down to be asked later, by a job."""

from django.conf import settings
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from kernel.errors import InvalidInputError

MOST_CHARACTERS = 20_000


def check_question(query: str, service: str) -> None:
    """Raise InvalidInputError unless it is one query, to a service there is or to the whole graph.

    Whether its fields are there, and may be read, is said when it is asked.
    """
    if len(query) > MOST_CHARACTERS:
        raise InvalidInputError(f"query has at most {MOST_CHARACTERS} characters")
    try:
        found = parse(query, no_location=True)
    except GraphQLError as error:
        raise InvalidInputError(f"query: {error.message}") from None
    operations = [one for one in found.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise InvalidInputError("query is one query, and no mutation or subscription")
    if service and service not in settings.SERVICE_URLS:
        raise InvalidInputError(f"there is no service {service[:40]!r}")
