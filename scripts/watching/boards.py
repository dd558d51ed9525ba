"""The dashboards: what is asked first comes first."""

from collections.abc import Sequence

from kernel.services import CATALOGUE
from scripts.watching.panels import Board, Panel, by, lines, number, quantile, rate
from scripts.watching.slos import LEVELS

TIME = "s"
EACH_SECOND = "ops"
HTTP = "django_http"
_BY_VIEW = f"{HTTP}_requests_latency_seconds_by_view_method"


def _levels() -> list[Panel]:
    return [
        number(
            level.name.replace("-", " "),
            "percentunit",
            f'septet:slo_errors:ratio_rate1h{{slo="{level.name}"}}',
            (1 - level.objective, 14.4 * (1 - level.objective)),
            f"What was bad in the last hour; over 30 days {1 - level.objective:.2%} may be.",
        )
        for level in LEVELS
    ]


OVERVIEW = Board(
    "overview",
    "overview",
    [
        *_levels(),
        number("Processes that do not answer", "short", "count(up{@} == 0) or vector(0)", (1, 1)),
        number("Alerts for the people on call", "short",
               'count(ALERTS{alertstate="firing",severity="page"}) or vector(0)', (1, 1)),
        number("Errors of ours, each second", EACH_SECOND,
               'sum(rate(graphql_errors_total{@,code="INTERNAL"}[$__rate_interval])) or vector(0)',
               (0.01, 1)),
        by("Answers by status", EACH_SECOND, "status",
           rate(f"{HTTP}_responses_total_by_status_total", "status")),
        lines("GraphQL", TIME, p50=quantile(0.5, "graphql_operation_seconds"),
              p99=quantile(0.99, "graphql_operation_seconds")),
        lines("Oldest that waits", TIME,
              event_in_the_outbox="max(events_outbox_age_seconds{@})",
              event_of_a_group="max(events_group_lag_seconds{@})",
              job="max(jobs_oldest_due_seconds{@})",
              log_to_be_sealed="max(audit_unsealed_oldest_seconds{@})",
              file_to_be_scanned="max(files_quarantined_oldest_seconds{@})"),
    ],
)  # fmt: skip

GRAPHQL = Board(
    "graphql",
    "GraphQL",
    [
        by("Operations", EACH_SECOND, "kind way",
           rate("graphql_operation_seconds_count", "kind, way"),
           "`compiled`: plain selections, answered without the executor. `refused`: not run."),
        by("99 of 100 take less than", TIME, "way",
           quantile(0.99, "graphql_operation_seconds", "way")),
        by("Half of them take less than", TIME, "way",
           quantile(0.5, "graphql_operation_seconds", "way")),
        by("Errors by code", EACH_SECOND, "code", rate("graphql_errors_total", "code"),
           "What each code means: docs/reference/errors.md."),
        lines("Estimated cost", "short", p50=quantile(0.5, "graphql_operation_cost"),
              p99=quantile(0.99, "graphql_operation_cost")),
        by("Documents", EACH_SECOND, "outcome", rate("graphql_documents_total", "outcome"),
           "Many that are prepared: clients put values into texts in the place of variables."),
        by("Representations fetched", EACH_SECOND, "type",
           rate("graphql_entity_batch_size_sum", "type")),
        by("Batches of entities", "short", "type",
           quantile(0.9, "graphql_entity_batch_size", "type")),
        by("Requests by view", EACH_SECOND, "view", rate(f"{_BY_VIEW}_count", "view")),
    ],
)  # fmt: skip

BACKGROUND = Board(
    "background",
    "events and jobs",
    [
        lines("Outbox", "short", waiting="max(events_outbox_waiting{@})"),
        lines("Outbox: the oldest", TIME, oldest="max(events_outbox_age_seconds{@})"),
        lines("Relays at work", "short", active="sum(events_relay_active{@})",
              relayed_each_second="sum(rate(events_relayed_total{@}[$__rate_interval]))"),
        by("Groups: how late", TIME, "group", "max by (group) (events_group_lag_seconds{@})"),
        by("Groups: how many behind", "short", "group",
           "max by (group) (events_group_lag_events{@})"),
        by("Events handled", EACH_SECOND, "group", rate("events_handled_total", "group")),
        by("Attempts that failed", EACH_SECOND, "group", rate("events_failed_total", "group")),
        by("Dead letters", "short", "group", "max by (group) (events_group_dead_letters{@})"),
        by("Events that became dead letters", EACH_SECOND, "group",
           rate("events_dead_total", "group")),
        by("Events that are tried again", "short", "group",
           "max by (group) (events_group_waiting_again{@})"),
        by("Handlers: 99 of 100 take less than", TIME, "group",
           quantile(0.99, "events_handler_seconds", "group")),
        by("Groups and queues that are paused", "short", "group queue",
           "max by (group) (events_group_paused{@}) or max by (queue) (jobs_queue_paused{@})"),
        by("Jobs that could run", "short", "queue", "max by (queue) (jobs_queue_depth{@})"),
        by("Jobs: the oldest that is due", TIME, "queue",
           "max by (queue) (jobs_oldest_due_seconds{@})"),
        by("Jobs by state", "short", "state",
           "sum by (state) (max by (queue, state) (jobs_in_state{@}))"),
        by("Attempts at jobs", EACH_SECOND, "queue outcome",
           rate("jobs_attempts_total", "queue, outcome")),
        by("Jobs: 95 of 100 take less than", TIME, "queue",
           quantile(0.95, "jobs_duration_seconds", "queue")),
        by("Jobs: 95 of 100 wait less than", TIME, "queue",
           quantile(0.95, "jobs_wait_seconds", "queue")),
    ],
)  # fmt: skip

DATABASE = Board(
    "database",
    "database",
    [
        by("Connections of pools", "short", "database state",
           "sum by (database, state) (database_pool_connections{@})",
           "Only with DATABASE_POOL_SIZE."),
        by("Threads that wait for a connection", "short", "database",
           "sum by (database) (database_pool_requests_waiting{@})"),
        by("What the database refused", EACH_SECOND, "reason",
           rate("septet_database_refused_total", "reason"),
           "No free connection, held rows, or too slow."),
        by("Requests that only read, by the database they read", EACH_SECOND, "at",
           rate("septet_database_reads_total", "at")),
        by("Replicas: seconds behind", TIME, "replica",
           "max by (replica) (septet_database_replica_lag_seconds{@})"),
        by("Replicas that are not read", "short", "replica",
           "max by (replica) (septet_database_replica_ejected{@})"),
        by("Reads that a replica failed", EACH_SECOND, "replica",
           rate("septet_database_fallbacks_total", "replica")),
        lines("Requests, all of which ask it", TIME, p99=quantile(0.99, _BY_VIEW)),
        lines("Age of the newest backup, and of the last that was proved", TIME,
              backup="time() - (max(septet_backup_last_timestamp_seconds{@}) > 0)",
              proved="time() - (max(septet_backup_proved_timestamp_seconds{@}) > 0)"),
        number("What a backup had otherwise", "short",
               "max(septet_backup_problems{@}) or vector(0)", (1, 1)),
    ],
)  # fmt: skip

CACHE = Board(
    "cache",
    "caches and limits",
    [
        lines("Documents of GraphQL that were remembered", "percentunit",
              share='sum(rate(graphql_documents_total{@,outcome="remembered"}[$__rate_interval]))'
              " / sum(rate(graphql_documents_total{@}[$__rate_interval]))"),
        by("Caches: hits", EACH_SECOND, "namespace tier",
           rate("septet_cache_hits_total", "namespace, tier")),
        by("Caches: loads", EACH_SECOND, "namespace",
           rate("septet_cache_misses_total", "namespace")),
        by("Caches: who waited for another's load", EACH_SECOND, "namespace",
           rate("septet_cache_waits_total", "namespace")),
        by("Caches: given while stale", EACH_SECOND, "namespace",
           rate("septet_cache_given_stale_total", "namespace")),
        by("Caches: forgotten, for it had changed", EACH_SECOND, "namespace",
           rate("septet_cache_forgotten_total", "namespace")),
        by("Caches: left for want of room", EACH_SECOND, "namespace",
           rate("septet_cache_evicted_total", "namespace")),
        by("Caches: values in memory", "short", "namespace",
           "sum by (namespace) (septet_cache_entries{@})"),
        by("Caches: memory", "bytes", "namespace",
           "sum by (namespace) (septet_cache_memory_bytes{@})"),
        by("Processes that hear of changes", "short", "instance", "septet_cache_live{@}"),
        by("Redis does not answer", "short", "purpose",
           "max by (purpose) (septet_redis_away{@})"),
        by("Redis: failed calls", EACH_SECOND, "purpose",
           rate("septet_redis_failures_total", "purpose")),
        by("Requests refused by rate limits", EACH_SECOND, "policy",
           rate("septet_rate_limited_requests_total", "policy")),
        lines("Limited by one process alone", EACH_SECOND,
              "Redis did not answer.",
              decisions="sum(rate(septet_rate_limit_local_decisions_total{@}[$__rate_interval]))"),
        by("Dynamic settings: revision in use", "short", "instance",
           "septet_dynamic_settings_revision{@}", "Of all processes it is the same, soon."),
        by("Dynamic settings: config is away", "short", "instance",
           "septet_dynamic_settings_stale{@}"),
    ],
)  # fmt: skip

MESH = Board(
    "mesh",
    "between services, and out",
    [
        by("Calls to services", EACH_SECOND, "service outcome",
           rate("mesh_call_seconds_count", "service, outcome")),
        by("95 of 100 take less than", TIME, "service",
           quantile(0.95, "mesh_call_seconds", "service")),
        by("Questions to processes: first, again, to two at once", EACH_SECOND, "service kind",
           rate("mesh_tries_total", "service, kind")),
        by("Calls that were not made", EACH_SECOND, "service reason",
           rate("mesh_refused_total", "service, reason")),
        by("Services left alone as they fail", "short", "service",
           "max by (service) (mesh_breaker_open{@})"),
        by("Processes left out as they failed", EACH_SECOND, "service",
           rate("mesh_ejections_total", "service")),
        by("Requests refused at once", EACH_SECOND, "reason",
           rate("septet_requests_shed_total", "reason")),
        lines("Requests that are taken on at the same time", "short",
              most="sum(septet_requests_limit{@})"),
        by("Calls to addresses that somebody gave", EACH_SECOND, "purpose outcome",
           rate("outbound_calls_total", "purpose, outcome")),
        by("95 of 100 of these take less than", TIME, "purpose",
           quantile(0.95, "outbound_call_seconds", "purpose")),
        by("Streams: who listens", "short", "stream",
           "sum by (stream) (septet_stream_listeners{@})"),
        by("Streams: events sent", EACH_SECOND, "stream",
           rate("septet_stream_events_total", "stream")),
        by("Streams: listeners cut", EACH_SECOND, "stream reason",
           rate("septet_stream_listeners_cut_total", "stream, reason")),
    ],
)  # fmt: skip

HOST = Board(
    "host",
    "processes",
    [
        by("Answers to Prometheus", "short", "instance", "up{@}"),
        by("Processor time", "percentunit", "instance",
           "rate(process_cpu_seconds_total{@}[$__rate_interval])",
           "Of one core. Not told where several processes share a port."),
        by("Memory", "bytes", "instance", "process_resident_memory_bytes{@}"),
        by("Open files", "short", "instance", "process_open_fds{@}"),
        by("Started", "dateTimeFromNow", "instance", "process_start_time_seconds{@} * 1000"),
        by("Garbage collected", EACH_SECOND, "generation",
           rate("python_gc_collections_total", "generation")),
        by("Spans of traces", EACH_SECOND, "outcome", rate("trace_spans_total", "outcome"),
           "Where OTEL_EXPORTER_OTLP_ENDPOINT is set. Failed: the collector is away or refuses."),
        by("Log records", EACH_SECOND, "outcome", rate("log_records_total", "outcome"),
           "Those that are sent to the collector, as spans are."),
    ],
)  # fmt: skip

#: What each service has beside its requests, its jobs and its events.
OF_SERVICES: dict[str, Sequence[Panel]] = {
    "audit": (
        lines("The oldest log that waits to be sealed", TIME,
              oldest="max(audit_unsealed_oldest_seconds{@})"),
        lines("Streams", "short", failing="max(audit_streams_failing{@})",
              logs_that_wait="max(audit_stream_waiting_logs{@})"),
        lines("Partitions", "short", months_ahead="min(audit_partitions_ahead{@})",
              logs_outside="max(audit_logs_outside_partitions{@})"),
        by("Entries that did not fit their schema", EACH_SECOND, "mode",
           rate("audit_schema_violations_total", "mode")),
    ),
    "notifications": (
        by("Deliveries", EACH_SECOND, "channel outcome",
           rate("notifications_deliveries_total", "channel, outcome")),
        by("Calls to providers", EACH_SECOND, "kind outcome",
           rate("notifications_provider_calls_total", "kind, outcome")),
        by("Posts to webhook endpoints", EACH_SECOND, "outcome",
           rate("notifications_webhook_posts_total", "outcome")),
        lines("Providers that are left alone", "short",
              resting="max(notifications_providers_resting{@})"),
    ),
    "files": (
        by("Verdicts", EACH_SECOND, "outcome", rate("files_verdicts_total", "outcome")),
        lines("The oldest file that waits to be scanned", TIME,
              oldest="max(files_quarantined_oldest_seconds{@})"),
        lines("Scans", TIME, p95=quantile(0.95, "files_scan_seconds")),
        lines("The scanner answers", "short", answers="max(files_scanner_up{@})"),
        by("Pictures and texts", EACH_SECOND, "kind outcome",
           rate("files_derivatives_total", "kind, outcome")),
        lines("Making them", TIME, p95=quantile(0.95, "files_derive_seconds")),
    ),
    "documents": (
        by("Documents", EACH_SECOND, "format outcome",
           rate("documents_rendered_total", "format, outcome")),
        by("95 of 100 take less than", TIME, "format",
           quantile(0.95, "documents_render_seconds", "format")),
    ),
    "scheduler": (
        lines("Runs made", EACH_SECOND,
              made="sum(rate(scheduler_runs_made_total{@}[$__rate_interval]))"),
        by("Runs ended", EACH_SECOND, "state", rate("scheduler_runs_ended_total", "state")),
        lines("Lateness", TIME, p50=quantile(0.5, "scheduler_lateness_seconds"),
              p99=quantile(0.99, "scheduler_lateness_seconds")),
        lines("Times that were missed", "short",
              missed="sum(increase(scheduler_times_left_out_total{@}[$__range]))"),
    ),
    "config": (
        by("Answers of flags", EACH_SECOND, "reason",
           rate("config_flag_evaluations_total", "reason")),
        by("Answers by the way they were asked for", EACH_SECOND, "way",
           rate("config_flag_evaluations_total", "way")),
        lines("Not counted for want of room", "short", left_out="sum(config_usage_left_out{@})"),
    ),
    "importexport": (
        by("Rows", "rowsps", "direction", rate("importexport_rows_total", "direction")),
    ),
}  # fmt: skip


def _of_service(name: str, label: str) -> Board:
    views = f'view=~"{name}-graphql|{name}[:_-].*"'
    return Board(
        name,
        label,
        [
            *OF_SERVICES[name],
            by("Requests of its own", EACH_SECOND, "view", rate(f"{_BY_VIEW}_count", "view", views),
               "Where all services are one process, see those to /graphql on GraphQL's board."),
            by("Jobs", EACH_SECOND, "outcome",
               rate("jobs_attempts_total", "outcome", f'queue="{name}"')),
            lines("Jobs: the oldest that is due", TIME,
                  oldest=f'max(jobs_oldest_due_seconds{{@,queue="{name}"}})'),
            by("Events: how late", TIME, "group",
               f'max by (group) (events_group_lag_seconds{{@,group=~"{name}[.].*"}})'),
        ],
    )  # fmt: skip


BOARDS = (
    OVERVIEW,
    *(_of_service(one.name, one.title.lower()) for one in CATALOGUE),
    GRAPHQL,
    BACKGROUND,
    DATABASE,
    CACHE,
    MESH,
    HOST,
)
