"""What staff are told while brokers do not answer, and what goes on without them."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from kernel.events.here import transport
from kernel.events.models import ConsumerGroup
from kernel.events.selectors import GroupState, group_states, outbox_count
from kernel.mesh.client import inside_transaction
from project.admin import elsewhere
from project.admin.replays import numbered


def states_of_groups(request: HttpRequest) -> dict[str, GroupState]:
    """Return how groups are doing by their names, asked once for a page; tell if brokers do not."""
    known: dict[str, GroupState] | None = vars(request).get("states_of_groups")
    if known is None:
        known = _states_elsewhere(request)
        known |= {one.group: one for one in group_states(transport())}
        vars(request)["states_of_groups"] = known
        if any(one.lag_events is None for one in known.values()):
            _tell(
                request,
                f"Kafka at {', '.join(settings.KAFKA_BOOTSTRAP_SERVERS)} does not answer. Nothing"
                " is lost: what is published waits in the outbox, now"
                f" {numbered(outbox_count().waiting)}, and is handled in order when it is back."
                " Whoever writes notices nothing.",
            )
    return known


def _states_elsewhere(request: HttpRequest) -> dict[str, GroupState]:
    """Return the groups of other processes; tell which are not known, and which have no row here.

    In a transaction nobody is waited for, and they are not known.
    """
    if inside_transaction():
        return {}
    found: dict[str, GroupState] = {}
    for one in elsewhere.begin(request, "groups")():
        if one.problem:
            _tell(request, f"{one.problem} How its groups are doing is not known.")
        states = [GroupState.of(row) for row in one.rows]
        found |= {state.group: state for state in states}
    rows = ConsumerGroup.objects.filter(pk__in=found)
    if apart := sorted(set(found) - set(rows.values_list("pk", flat=True))):
        _tell(
            request,
            f"Not listed here: {', '.join(apart)}. They have not read yet, or are kept in the"
            " database of their service, whose own back office lists them.",
        )
    return found


def jobs_are_carried(request: HttpRequest) -> bool:
    """Return whether jobs find workers, asked once for a page; tell if they do not."""
    known: bool | None = vars(request).get("jobs_are_carried")
    if known is None:
        known = vars(request)["jobs_are_carried"] = _broker_answers()
        if not known:
            _tell(
                request,
                "The broker that wakes workers (CELERY_BROKER_URL) does not answer. Nothing is"
                " lost: jobs are stored and wait, and go on within seconds of its return. Requests"
                " are served, and here jobs can be seen, cancelled and tried again.",
            )
    return known


def _broker_answers() -> bool:
    if not settings.CELERY_BROKER_URL:
        return True
    from kernel.celery import broker  # noqa: PLC0415  costs a third of a second

    try:
        broker.check()
    except Exception:  # noqa: BLE001  Redis, kombu, sockets: each has its own
        return False
    return True


def _tell(request: HttpRequest, told: str) -> None:
    # What is posted leads to another page, which says so itself.
    if request.method == "GET":
        messages.warning(request, told)
