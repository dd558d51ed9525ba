"""All events there are."""

from contracts import (
    audit,
    audit_rules,
    capture,
    config,
    configurations,
    deliveries,
    documents,
    events,
    files,
    identity,
    import_templates,
    importexport,
    notification_providers,
    notifications,
    scheduler,
    signing,
    staff,
    templates,
    webhook_endpoints,
)
from contracts.event import REGISTRY, Event

_MODULES = (
    audit,
    audit_rules,
    capture,
    config,
    configurations,
    deliveries,
    documents,
    events,
    files,
    identity,
    import_templates,
    importexport,
    notification_providers,
    notifications,
    scheduler,
    signing,
    staff,
    templates,
    webhook_endpoints,
)


def event_types() -> dict[str, type[Event]]:
    """Return every event class of the contracts by its type, in order."""
    named = {module.__name__ for module in _MODULES}
    return {
        type_: REGISTRY[type_] for type_ in sorted(REGISTRY) if REGISTRY[type_].__module__ in named
    }
