"""Secrets of webhooks, which are shown to whoever makes them and never again."""

from typing import Any

import graphene

from kernel.federation.mutations import Change


class SecretShownOnce(Change):
    """A change that returns its row and a secret; told again by its key, without the secret."""

    def results(self) -> dict[str, Any]:
        secret = graphene.String(description="Of the webhooks; it is shown once.")
        return {**super().results(), "secret": secret}

    def done(self, made: Any) -> dict[str, Any]:
        row, secret = made
        return {**super().done(row), "secret": secret}

    def kept(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "secret"}
