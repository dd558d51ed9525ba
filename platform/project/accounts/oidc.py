"""The operator's own identity provider, in the words of allauth's settings."""

from typing import Any


def providers(issuer: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return the one provider there is."""
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
