"""Automatic persisted queries: a client sends a hash, and the text only when we do not know it.

The protocol is Apollo's, version 1: https://www.apollographql.com/docs/apollo-server/performance/apq
"""

import hashlib
from dataclasses import replace
from typing import Protocol

from kernel.errors import DomainError, InvalidInputError
from kernel.federation.memory import Memory
from kernel.federation.requests import GraphQLRequest

MOST_DOCUMENTS = 10_000


class PersistedQueryNotFoundError(DomainError):
    """No document is known by this hash; send it once with its text."""

    # Apollo's clients and gateway look for this message, and take another status for a failure.
    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 200

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupportedError(DomainError):
    """Documents are not kept for clients here; send the text without a hash."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    status = 200

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class DocumentStore(Protocol):
    """Where the texts that clients sent with a hash are kept. It may forget any of them."""

    def get(self, sha256: str) -> str | None:
        """Return the text of this hash, if it is still known."""
        ...

    def put(self, sha256: str, text: str) -> None:
        """Keep a text that has this hash."""
        ...


class LocalStore:
    """Texts in the memory of this process."""

    def __init__(self, *, size_bytes: int) -> None:
        self._memory: Memory[str] = Memory(entries=MOST_DOCUMENTS, size_bytes=size_bytes)

    def get(self, sha256: str) -> str | None:
        return self._memory.get(sha256)

    def put(self, sha256: str, text: str) -> None:
        self._memory.put(sha256, text, len(text.encode()))


class PersistedQueries:
    """Finds the text of a hash, and learns it from a request that ran."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def complete(self, request: GraphQLRequest) -> GraphQLRequest:
        """Return the request with its text; raises when hash and text do not belong together."""
        if request.sha256 is None:
            return request
        if not request.query:
            text = self._store.get(request.sha256)
            if text is None:
                raise PersistedQueryNotFoundError
            return replace(request, query=text, sha256=None)
        if digest(request.query) != request.sha256:
            raise InvalidInputError("`sha256Hash` is not the SHA-256 of `query`")
        return request

    def learn(self, request: GraphQLRequest) -> None:
        """Keep the text of a completed request that ran, if it came with its hash."""
        if request.sha256 is not None:
            self._store.put(request.sha256, request.query)


def digest(text: str) -> str:
    """Return the SHA-256 of a document's text, as clients write it."""
    return hashlib.sha256(text.encode()).hexdigest()
