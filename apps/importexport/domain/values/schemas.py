"""The JSON Schema (2020-12) of a field that holds JSON."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import jsonschema_rs
import orjson

from apps.importexport.domain.problems import PlanError

Validator: TypeAlias = jsonschema_rs.Draft202012Validator

MOST_BYTES = 100_000
_MESSAGE_LENGTH = 300
_PATTERN_BYTES = 1_000_000


def parse_schema(schema: Mapping[str, Any]) -> Validator:
    """Return what checks values; raises PlanError. References lead to its own `#/$defs`."""
    if len(orjson.dumps(schema)) > MOST_BYTES:
        raise PlanError(f"a JSON Schema has at most {MOST_BYTES} bytes")
    patterns = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
    try:
        return Validator(dict(schema), pattern_options=patterns, retriever=_nothing_elsewhere)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        message = str(error).splitlines()[0][:_MESSAGE_LENGTH]
        raise PlanError(f"no JSON Schema: {message}") from error


def schema_problem(validator: Validator, text: str) -> str:
    """Return the first place at which JSON does not fit, and why; empty where it does."""
    error = next(validator.iter_errors(orjson.loads(text)), None)
    if error is None:
        return ""
    place = "/" + "/".join(map(str, error.instance_path))
    return f"{place}: {error.message}"[:_MESSAGE_LENGTH]


def _nothing_elsewhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not within the schema")
