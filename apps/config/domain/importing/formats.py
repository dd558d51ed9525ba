"""Every format that flags come in, by its name: from a document to our definition and a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.config.domain.compiling import compile_set
from apps.config.domain.findings import Severity
from apps.config.domain.hashing import GENERATIONS, NEWEST
from apps.config.domain.importing.flagd import import_flagd
from apps.config.domain.importing.flagsmith import import_flagsmith
from apps.config.domain.importing.growthbook import import_growthbook
from apps.config.domain.importing.launchdarkly import import_launchdarkly
from apps.config.domain.importing.reports import Import
from apps.config.domain.importing.unleash import import_unleash

Json = Any

#: How often what depends on something that was left out is left out in turn.
_MOST_ROUNDS = 10


class DocumentError(Exception):
    """A document is not of the format that it is said to be."""


class Format(StrEnum):
    """Whose flags they are."""

    FLAGD = "flagd"
    UNLEASH = "unleash"
    FLAGSMITH = "flagsmith"
    GROWTHBOOK = "growthbook"
    LAUNCHDARKLY = "launchdarkly"


class Syntax(StrEnum):
    """How a document is written."""

    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where flags come from, and what their document does not say itself."""

    format: Format
    syntax: Syntax = Syntax.JSON
    #: flagd's generation of hashing.
    bucketing: str = NEWEST
    #: LaunchDarkly's environment, of a document that has several.
    environment: str = "production"


_READERS: dict[Format, Callable[[Mapping[str, Any], Source], Import]] = {
    Format.FLAGD: lambda given, source: import_flagd(given, bucketing=source.bucketing),
    Format.UNLEASH: lambda given, source: import_unleash(given),
    Format.FLAGSMITH: lambda given, source: import_flagsmith(given),
    Format.GROWTHBOOK: lambda given, source: import_growthbook(given),
    Format.LAUNCHDARKLY: lambda given, source: import_launchdarkly(given, source.environment),
}


def read_flags(document: Mapping[str, Any], source: Source) -> Import:
    """Return flags and segments that can be served; what cannot is left out and told.

    Raises DocumentError.
    """
    if source.bucketing not in GENERATIONS:
        raise DocumentError(f"bucketing is one of {', '.join(GENERATIONS)}")
    try:
        imported = _READERS[source.format](document, source)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DocumentError(
            f"no document of {source.format}: {type(error).__name__} {error}"
        ) from None
    except RecursionError:
        raise DocumentError("nested too deeply") from None
    _without_evaluators(imported)
    _without_broken(imported)
    return imported


def _without_evaluators(imported: Import) -> None:
    """Make segments of the rules that flags share."""
    definition = imported.definition
    evaluators = definition.pop("$evaluators", None) or {}
    if not evaluators:
        return
    segments = {name: {"rule": {"!!": [_named(rule)]}} for name, rule in evaluators.items()}
    definition["$segments"] = {**segments, **(definition.get("$segments") or {})}
    definition["flags"] = {key: _named(flag) for key, flag in definition["flags"].items()}


def _named(rule: Json) -> Json:
    if isinstance(rule, list):
        return [_named(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    if len(rule) == 1 and "$ref" in rule:
        return {"septet.segment": rule["$ref"]}
    return {name: _named(given) for name, given in rule.items()}


def _without_broken(imported: Import) -> None:
    definition = imported.definition
    for _ in range(_MOST_ROUNDS):
        errors: dict[tuple[str, str], str] = {}
        for one in compile_set(definition, strict=False).findings:
            part, _, rest = one.place.removeprefix("/").partition("/")
            key = rest.partition("/")[0].replace("~1", "/").replace("~0", "~")
            if one.severity is Severity.ERROR and key in (definition.get(part) or {}):
                errors.setdefault((part, key), f"{one.place}: {one.message}")
        for (part, key), message in errors.items():
            del definition[part][key]
            imported.report = [line for line in imported.report if line.key != key]
            imported.left_out(key, message)
        if not errors:
            return
