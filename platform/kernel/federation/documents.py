"""Documents parsed, judged and validated once, then remembered within a bound."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse, validate

from kernel.errors import DomainError, LimitExceededError
from kernel.federation.limits import Limits

#: Longer documents are not remembered, so that the cache is bounded in bytes too (about 16 MB).
LONGEST_REMEMBERED = 16_000
MOST_REMEMBERED = 500
#: graphql-core says only in words that it met a limit.
_TOO_MUCH = re.compile(r"\btokens\b.*aborted|nested too deeply")


class DocumentSyntaxError(DomainError):
    """The document is not GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"
    status = 400


class DocumentRefusedError(Exception):
    """The document is GraphQL, but not of this schema."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered: OrderedDict[str, DocumentNode] = OrderedDict()
        self._lock = Lock()

    def read(self, text: str) -> DocumentNode:
        """Return the valid document of this text.

        Raises DocumentSyntaxError, LimitExceededError, InvalidInputError or DocumentRefusedError.
        """
        with self._lock:
            document = self._remembered.get(text)
            if document is not None:
                self._remembered.move_to_end(text)
                return document
        document = self._judge(text)
        if len(text) <= LONGEST_REMEMBERED:
            with self._lock:
                self._remembered[text] = document
                if len(self._remembered) > MOST_REMEMBERED:
                    self._remembered.popitem(last=False)
        return document

    def _judge(self, text: str) -> DocumentNode:
        try:
            document = parse(text, no_location=False, max_tokens=self._limits.tokens)
            self._limits.check_size(document)
            errors = validate(self._schema, document)
            if errors:
                raise DocumentRefusedError(errors)
            self._limits.check_depth(document)
        except GraphQLSyntaxError as error:
            if _TOO_MUCH.search(error.message):
                raise LimitExceededError(
                    f"at most {self._limits.tokens} tokens in a document, and not so deep"
                ) from None
            raise DocumentSyntaxError(str(error)) from None
        except RecursionError:
            raise LimitExceededError("the document nests too deep") from None
        return document
