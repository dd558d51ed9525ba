"""Which paths are for programs, without importing anything: settings read it too."""

#: As a regular expression, from the first character after the slash: every answer there is JSON.
FOR_PROGRAMS = r"(graphql$|[a-z]+/(graphql$|api/)|ofrep/|\.well-known/)"
#: Those of who runs the platform: probes and metrics.
FOR_OPERATORS = r"(health/|metrics$)"
