"""The seven services by name and port, and which of them a process serves."""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

#: The port of a process that serves more than one service.
COMBINED_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the seven, as people and programs see it."""

    name: str
    title: str
    port: int
    summary: str
    entities: tuple[str, ...]
    #: What a scope can say of it: `<name>:<verb>`.
    verbs: tuple[str, ...] = ("read", "write")


CATALOGUE = (
    Service(
        name="audit",
        title="Audit",
        port=3009,
        summary="Who did what to which thing, and when: an append-only record you can search.",
        entities=(
            "AuditLog",
            "AuditArchive",
            "AuditLegalHold",
            "AuditRetentionPolicy",
            "AuditSearch",
            "AuditStream",
        ),
        # `retain`: how long logs are kept, archives, legal holds. `personal`: what tells of
        # people. `erase`: takes that from everybody, for ever. `schema`: what entries have to
        # look like. `source`: who of others may tell some. `stream`: where logs are sent. `export`:
        # takes logs out, as files and as pages for others.
        verbs=(
            "read",
            "write",
            "retain",
            "personal",
            "erase",
            "schema",
            "source",
            "stream",
            "export",
        ),
    ),
    Service(
        name="notifications",
        title="Notifications",
        port=3003,
        summary="One message to one person, over the channel that person wants.",
        entities=(
            "Notification",
            "NotificationDevice",
            "NotificationProvider",
            "NotificationSuppression",
            "NotificationTemplate",
            "NotificationTrigger",
            "NotificationWorkflow",
            "Subscriber",
            "WebhookDelivery",
            "WebhookEndpoint",
        ),
        # `personal`: the addresses of people.
        verbs=("read", "write", "personal"),
    ),
    Service(
        name="files",
        title="Files",
        port=3004,
        summary="Uploads, downloads and versions; nothing is served before it is scanned.",
        entities=("File", "FileVersion", "Folder", "ShareLink", "UploadSession"),
        # `retain`: legal holds, and dates until which files are kept. `release`: gives out what no
        # scanner found clean, and takes that back. `share`: gives files to people without account.
        # `types`: says what files may be.
        verbs=("read", "write", "retain", "release", "share", "types"),
    ),
    Service(
        name="documents",
        title="Documents",
        port=3008,
        summary="PDF, Excel, Word, HTML and CSV from one template and one set of data.",
        entities=(
            "Document",
            "DocumentTemplate",
            "DocumentTemplateVersion",
            "DocumentTheme",
            "DocumentPartial",
            "DocumentBatch",
            "DocumentBatchItem",
            "DocumentSigningKey",
        ),
        # `sign`: has documents signed, and says with which keys.
        verbs=("read", "write", "sign"),
    ),
    Service(
        name="scheduler",
        title="Scheduler",
        port=3005,
        summary="Jobs at the right minute in every time zone, with their whole history.",
        entities=("JobSchedule", "JobRun"),
    ),
    Service(
        name="config",
        title="Config",
        port=3007,
        summary="Dynamic configuration and feature flags that change without a release.",
        entities=(
            "FeatureFlag",
            "FeatureFlagVersion",
            "Environment",
            "EnvironmentKey",
            "Segment",
            "SegmentVersion",
            "ChangeRequest",
            "RolloutPlan",
            "FeatureFlagLife",
            "Configuration",
            "ConfigurationDeployment",
        ),
        # `evaluate`: asks for values of flags and nothing else. `approve`: says yes to changes that
        # others propose. `secret`: says what secrets are.
        verbs=("read", "write", "evaluate", "approve", "secret"),
    ),
    Service(
        name="importexport",
        title="Import & export",
        port=3010,
        summary="Tables in and out: CSV and Excel, in batches, with every error named.",
        entities=(
            "ImportJob",
            "ImportError",
            "ImportTemplate",
            "ExportJob",
            "ExportDelivery",
            "DataEndpoint",
            "DataTable",
        ),
    ),
)

BY_NAME = {service.name: service for service in CATALOGUE}


def select(text: str) -> tuple[str, ...]:
    """Return the named services in catalogue order; `all` names every one.

    Raises ImproperlyConfigured when a name is unknown or none is given.
    """
    if text.strip() == "all":
        return tuple(BY_NAME)
    wanted = {name.strip() for name in text.split(",") if name.strip()}
    unknown = sorted(wanted - BY_NAME.keys())
    if unknown or not wanted:
        raise ImproperlyConfigured(
            f"SERVICES={text}: expected `all` or some of {', '.join(BY_NAME)},"
            f" found {', '.join(unknown) or 'nothing'}"
        )
    return tuple(name for name in BY_NAME if name in wanted)


def default_port(selected: tuple[str, ...]) -> int:
    """Return the port of a process with these services: a lone service has its own."""
    return BY_NAME[selected[0]].port if len(selected) == 1 else COMBINED_PORT


def addresses(given: tuple[str, ...], schemes: tuple[str, ...]) -> dict[str, str]:
    """Return where each service is: those given as name=URL, the others on this host.

    A name that is given several times has all its URLs, with spaces between them.
    """
    found = {name: f"http://127.0.0.1:{service.port}" for name, service in BY_NAME.items()}
    told: dict[str, list[str]] = {}
    for item in given:
        name, _, url = item.partition("=")
        if name not in BY_NAME or not url.startswith(schemes):
            raise ImproperlyConfigured(
                f"SERVICE_URLS: expected name=URL with a name out of {', '.join(BY_NAME)},"
                f" found {item}"
            )
        told.setdefault(name, []).append(url.rstrip("/"))
    for name, urls in told.items():
        if len(urls) > 1 and not all(url.startswith("http") for url in urls):
            raise ImproperlyConfigured(
                f"SERVICE_URLS: expected one way to find {name}, or http:// URLs alone"
            )
        found[name] = " ".join(urls)
    return found
