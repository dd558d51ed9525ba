"""Settings of what the people on call see, read from the environment like those of
`project.settings`.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os
import sys
from datetime import timedelta

from kernel.env import Environment
from kernel.observability.logging import logging_config
from kernel.observability.masking import Addresses

env = Environment(os.environ)

# --- Logs ---------------------------------------------------------------------------------------

# The least level that is logged.
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))

# `json`: one object a line, for machines. `console`: short lines, for people.
LOG_FORMAT = env.choice(
    "LOG_FORMAT", "console" if sys.stderr.isatty() else "json", ("json", "console")
)

# The share of requests that have a line in the log; those that fail, take over LOG_SLOW_REQUESTS or
# belong to a trace that is kept have one anyway.
LOG_REQUESTS = env.share("LOG_REQUESTS", 1.0)

# A request that takes longer is logged as a warning. 0s: none is.
LOG_SLOW_REQUESTS = env.duration("LOG_SLOW_REQUESTS", timedelta(seconds=5))

# A statement of a request, event or job that takes longer is logged, by its text without values.
# 0s: none is.
LOG_SLOW_STATEMENTS = env.duration("LOG_SLOW_STATEMENTS", timedelta(seconds=1))

# A resolver of GraphQL that takes longer is logged by its field. 0s: none is, and none is timed;
# timing makes the executor slower by about a tenth.
LOG_SLOW_RESOLVERS = env.duration("LOG_SLOW_RESOLVERS", timedelta(0))

# Lines that say the same, below ERROR and not of requests, are logged so often in ten seconds, and
# after that counted. 0: all are.
LOG_REPEATS = env.number("LOG_REPEATS", 20, at_most=1_000_000)

# What logs and spans tell of addresses (IP): the `whole`, the `network` without the last part, or
# `none` of it. Secrets, e-mail, telephones and what follows a `?` are never told.
LOG_ADDRESSES: Addresses = env.choice("LOG_ADDRESSES", "network", ("whole", "network", "none"))

# --- Traces -------------------------------------------------------------------------------------

# Where spans and logs are sent by OTLP over HTTP, such as http://collector:4318: a collector of
# OpenTelemetry, or SigNoz. By default nothing is sent, and it costs nothing.
OTEL_EXPORTER_OTLP_ENDPOINT = env.url("OTEL_EXPORTER_OTLP_ENDPOINT", "", ("http", "https"))

# Headers sent along, as name=value with commas between, such as a key; or their file in
# OTEL_EXPORTER_OTLP_HEADERS_FILE.
OTEL_EXPORTER_OTLP_HEADERS = env.secret("OTEL_EXPORTER_OTLP_HEADERS")

# Whether logs go there as well: `otlp`, or `none` where something else reads standard error, such
# as an agent, so that no line is kept twice. They are written there in any case.
OTEL_LOGS_EXPORTER = env.choice("OTEL_LOGS_EXPORTER", "otlp", ("otlp", "none"))

# The share of traces that are kept of those that begin here. Of one that a caller has begun, the
# caller has said it (`traceparent`).
TRACE_SHARE = env.share("TRACE_SHARE", 0.1)

# Spans of statements too, by their text without values, of traces that are kept.
TRACE_STATEMENTS = env.flag("TRACE_STATEMENTS", default=True)

LOGGING = logging_config(
    level=LOG_LEVEL, style=LOG_FORMAT, repeats=LOG_REPEATS, addresses=LOG_ADDRESSES
)
