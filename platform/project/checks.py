"""What has to be right before a process starts, beyond what each setting tells by itself."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured

from kernel.outbound.reach import allowed
from project.graph import trusted_documents


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
