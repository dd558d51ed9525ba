"""What is wrong with the settings of this app is said before anything starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from apps.notifications.conf import intake_sources
from apps.notifications.domain.intake import sources_of


@register
def sources_can_be_read(**_options: Any) -> list[CheckMessage]:
    """Of who may begin workflows over Kafka each line is to be understood."""
    try:
        sources_of(intake_sources())
    except ValueError as error:
        return [Error(f"NOTIFICATIONS_INTAKE_SOURCES: {error}", id="septet.E090")]
    return []
