"""A GraphQL client that goes through the whole HTTP stack."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext


@cache
def _handler() -> ClientHandler:
    handler = ClientHandler(enforce_csrf_checks=True)
    handler.load_middleware()
    return handler


def http_client() -> Client:
    """Return a browser that must show its CSRF token; what goes wrong is answered as to a user.

    All of these share their middlewares, which take longer to make than most requests.
    """
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.handler = _handler()
    return client


@dataclass(frozen=True, slots=True)
class Result:
    """What came back."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data of an answer without errors; an answer with errors fails the test here."""
        if "errors" in self.body:
            raise AssertionError(self.body["errors"])
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The code of every error, in order."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]


class GraphQLClient:
    """Sends documents to one endpoint with one credential."""

    def __init__(self, secret: str = "", path: str = "/graphql") -> None:
        self.path = path
        self._http = http_client()
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def __call__(self, query: str, **variables: Any) -> Result:
        """Run a document with its variables."""
        return self.send({"query": query, "variables": variables})

    def sql(self, query: str, **variables: Any) -> list[str]:
        """Run a document and return its SQL, without what begins and ends transactions."""
        self("{ __typename }")
        with CaptureQueriesContext(connection) as captured:
            _ = self(query, **variables).data
        statements = [one["sql"] for one in captured]
        return [one for one in statements if "SAVEPOINT" not in one]

    def send(self, body: Any) -> Result:
        """Post a body, whatever it is."""
        response = self._http.post(
            self.path, body, content_type="application/json", headers=self._headers
        )
        return Result(response.status_code, response.json())
