"""Trusted documents: what clients registered before, one manifest for each client."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kernel.errors import DomainError
from kernel.federation.manifests import read_manifests
from kernel.federation.persisted import PersistedQueryNotSupportedError, digest
from kernel.federation.requests import GraphQLRequest

#: The document identifiers of GraphQL over HTTP, appendix "Persisted Documents".
_SHA256_PREFIX = "sha256:"


class DocumentNotFoundError(DomainError):
    """No document is registered by this id, or several clients registered different ones."""

    code = "DOCUMENT_NOT_FOUND"
    status = 404


class DocumentNotTrustedError(DomainError):
    """Only registered documents run here, and this is none."""

    code = "DOCUMENT_NOT_TRUSTED"
    status = 403


class TrustedDocuments:
    """The documents of all manifests."""

    def __init__(self, manifests: Mapping[str, Mapping[str, str]]) -> None:
        self._manifests = manifests
        self._by_hash = {
            digest(text): text for manifest in manifests.values() for text in manifest.values()
        }

    def __len__(self) -> int:
        return len(self._by_hash)

    def complete(self, request: GraphQLRequest, client: str) -> GraphQLRequest:
        """Return the request with its text, if it names a document; raises DocumentNotFoundError.

        `client` is the name of a manifest. Without one an id is looked up in all of them.
        """
        if request.document_id is not None:
            return replace(request, query=self._by_id(request.document_id, client))
        if request.sha256 in self._by_hash and not request.query:
            return replace(request, query=self._by_hash[request.sha256], sha256=None)
        return request

    def enforce(self, request: GraphQLRequest) -> None:
        """Raise DocumentNotTrustedError for a text that nobody registered."""
        if not request.query:
            # Apollo's clients send the text next, and never this hash again.
            raise PersistedQueryNotSupportedError
        if digest(request.query) not in self._by_hash:
            raise DocumentNotTrustedError("only registered documents run here")

    def _by_id(self, document_id: str, client: str) -> str:
        if document_id.startswith(_SHA256_PREFIX):
            sha256 = document_id.removeprefix(_SHA256_PREFIX)
            texts = {self._by_hash[sha256]} if sha256 in self._by_hash else set()
        else:
            manifests = [self._manifests.get(client, {})] if client else self._manifests.values()
            texts = {manifest[document_id] for manifest in manifests if document_id in manifest}
        if len(texts) != 1:
            many = "different documents have" if texts else "no registered document has"
            raise DocumentNotFoundError(f"{many} the id {document_id[:100]!r}")
        return texts.pop()


def load(path: Path) -> TrustedDocuments:
    """Read a manifest or those of a folder; raises ImproperlyConfigured, as `read_manifests`."""
    return TrustedDocuments(read_manifests(path))
