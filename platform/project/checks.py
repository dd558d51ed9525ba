"""What has to be right before a process starts, beyond what each setting tells by itself."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured

from kernel.identity.issuers import known_issuers
from kernel.identity.scopes import ROLES
from kernel.identity.service_keys import keyring
from kernel.outbound.reach import allowed
from project.accounts.duties import TARGETS
from project.graph import trusted_documents


@register
def groups_of_the_provider_mean_something(**_options: Any) -> list[CheckMessage]:
    """Tell of a group that is mapped to nothing that somebody can be here."""
    hint = "staff, staff:<duty>, superuser or <tenant's slug>:<role>; see OIDC_GROUPS"
    return [
        Error(f"the group {group} makes nobody {target!r}", hint=hint, id="septet.E005")
        for group, target in settings.OIDC_GROUPS.items()
        if target not in {"staff", "superuser", *TARGETS} and target.partition(":")[2] not in ROLES
    ]


@register
def registered_documents_can_be_read(**_options: Any) -> list[CheckMessage]:
    """Tell of a manifest that is none, and of a process that would refuse every document."""
    hint = "see GRAPHQL_TRUSTED_DOCUMENTS and GRAPHQL_ONLY_TRUSTED"
    try:
        known = len(trusted_documents())
    except ImproperlyConfigured as error:
        return [Error(str(error), hint=hint, id="septet.E001")]
    if settings.GRAPHQL_ONLY_TRUSTED and not known:
        return [
            Error("only registered documents run, and there is none", hint=hint, id="septet.E002")
        ]
    return []


@register
def allowed_addresses_can_be_read(**_options: Any) -> list[CheckMessage]:
    """Tell of an entry of OUTBOUND_ALLOWED that names nothing."""
    try:
        allowed()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="see OUTBOUND_ALLOWED", id="septet.E010")]
    return []


@register(Tags.security, deploy=True)
def every_host_is_named(**_options: Any) -> list[CheckMessage]:
    """Tell of a process that answers to any name, which lets others choose our links."""
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Warning(
                "this site answers to any name",
                hint="list the names it has in ALLOWED_HOSTS",
                id="septet.W101",
            )
        ]
    return []


@register
def signatures_can_be_made_and_verified(**_options: Any) -> list[CheckMessage]:
    """Tell of a table of issuers that is none, and of a file that holds no keys."""
    found: list[CheckMessage] = []
    try:
        known_issuers()
    except ImproperlyConfigured as error:
        found.append(Error(str(error), hint="see docs/security/tokens.md", id="septet.E003"))
    try:
        # Not made here: a check leaves everything as it is.
        if keyring().path.exists():
            keyring().signing()
    except ImproperlyConfigured as error:
        found.append(Error(str(error), hint="see docs/security/tokens.md", id="septet.E004"))
    return found
