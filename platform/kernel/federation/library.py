"""Where the text of a document comes from, when a request only names it."""

from dataclasses import replace

from kernel.federation.persisted import (
    DocumentStore,
    PersistedQueries,
    PersistedQueryNotSupportedError,
)
from kernel.federation.requests import GraphQLRequest
from kernel.federation.trusted import TrustedDocuments


class Library:
    """What one endpoint knows: the documents of its clients' manifests, and those sent before."""

    def __init__(
        self,
        *,
        store: DocumentStore | None = None,
        trusted: TrustedDocuments | None = None,
        only_trusted: bool = False,
    ) -> None:
        self._persisted = PersistedQueries(store) if store else None
        self._trusted = TrustedDocuments({}) if trusted is None else trusted
        self._only_trusted = only_trusted

    def complete(
        self, request: GraphQLRequest, *, client: str = "", by_service: bool = False
    ) -> GraphQLRequest:
        """Return the request with its text; raises a coded error for one that is not known.

        Other services of the platform write their documents themselves: `by_service` spares them
        the rule that only registered ones run.
        """
        request = self._trusted.complete(request, client)
        if self._only_trusted and not by_service:
            self._trusted.enforce(request)
            return replace(request, sha256=None)
        if request.sha256 is None:
            return request
        if self._persisted is None:
            raise PersistedQueryNotSupportedError
        return self._persisted.complete(request)

    def learn(self, request: GraphQLRequest) -> None:
        """Keep the text of a completed request that ran, if it came with its hash."""
        if self._persisted is not None:
            self._persisted.learn(request)
