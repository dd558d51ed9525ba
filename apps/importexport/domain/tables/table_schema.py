"""Table Schema (Frictionless Data) and the fields of our tables, each made of the other.

Of its types those are taken that a table can hold; what it has no word for stands under names that
begin with `septet:`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from apps.importexport.domain.tables.rules import NAME_LENGTH, TableProblemError, is_name
from contracts.datasets import Field, Kind, Relation

#: Of a schema's relations: where the tables of the same tenant are. No table has a point in its
#: name; a dataset of another app has.
_TABLES = "tables."
_KINDS: Final[Mapping[str, Kind]] = {
    "string": Kind.TEXT,
    "any": Kind.TEXT,
    "integer": Kind.INTEGER,
    "year": Kind.INTEGER,
    "number": Kind.DECIMAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "object": Kind.JSON,
    "array": Kind.JSON,
}
_TYPES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.TEXT: ("string", ""),
    Kind.INTEGER: ("integer", ""),
    Kind.DECIMAL: ("number", ""),
    Kind.BOOLEAN: ("boolean", ""),
    Kind.DATE: ("date", ""),
    Kind.DATETIME: ("datetime", ""),
    Kind.UUID: ("string", "uuid"),
    Kind.JSON: ("object", ""),
}
_MASKED, _READ_ONLY = "septet:maskedWithout", "septet:readOnly"


def fields_of(schema: Any) -> tuple[list[Field], list[str]]:
    """Return the fields and the key that a schema tells; raises TableProblemError.

    A name that a field cannot have becomes its title, and the name is made of it.
    """
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        raise TableProblemError("a Table Schema is an object with a list of `fields`")
    names: dict[str, str] = {}
    fields = [_field(at, told, names) for at, told in enumerate(schema["fields"], 1)]
    key = [names.get(one, one) for one in _texts(schema.get("primaryKey", []), "primaryKey")]
    relations = _relations(schema.get("foreignKeys", []), names)
    found = [_with_relation(one, relations) for one in fields]
    unknown = sorted(relations.keys() - {one.name for one in fields})
    if unknown:
        raise TableProblemError(f"foreignKeys names {unknown[0][:80]!r}, which is no field")
    return found, key


def schema_of(fields: Sequence[Field], key: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a table."""
    relations = [
        {
            "fields": one.name,
            "reference": {
                "resource": one.relation.dataset.removeprefix(_TABLES),
                "fields": one.relation.field,
            },
        }
        for one in fields
        if one.relation
    ]
    told: dict[str, Any] = {"fields": [_told(one) for one in fields], "primaryKey": list(key)}
    return told | ({"foreignKeys": relations} if relations else {})


def _field(at: int, told: Any, names: dict[str, str]) -> Field:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise TableProblemError(f"field {at}: an object with a `name`")
    given = told["name"]
    name = names[given] = given if is_name(given) else _name_of(given)
    constraints = told.get("constraints", {})
    if not isinstance(constraints, dict):
        raise TableProblemError(f"{name}: constraints are an object")
    return Field(
        name=name,
        kind=_kind(name, told),
        title=_told_text(name, told, "title", 200) or ("" if name == given else given[:200]),
        description=_told_text(name, told, "description", 1000),
        required=_flag(name, constraints, "required"),
        unique=_flag(name, constraints, "unique"),
        min_length=_length(name, constraints, "minLength"),
        max_length=_length(name, constraints, "maxLength"),
        choices=tuple(_text(one) for one in _list(name, constraints.get("enum", []))),
        read_only=_flag(name, told, _READ_ONLY),
        masked_without=_told_text(name, told, _MASKED, 60),
        minimum=_text(constraints.get("minimum")),
        maximum=_text(constraints.get("maximum")),
        pattern=_text(constraints.get("pattern")),
    )


def _told(one: Field) -> dict[str, Any]:
    kind, form = _TYPES[one.kind]
    constraints = {
        "required": one.required,
        "unique": one.unique,
        "minLength": one.min_length,
        "maxLength": one.max_length,
        "minimum": one.minimum,
        "maximum": one.maximum,
        "pattern": one.pattern,
        "enum": list(one.choices),
    }
    kept = {name: value for name, value in constraints.items() if _is_said(value)}
    told = {
        "name": one.name,
        "type": kind,
        "format": form,
        "title": one.title,
        "description": one.description,
        "constraints": kept,
        _MASKED: one.masked_without,
        _READ_ONLY: one.read_only,
    }
    return {name: value for name, value in told.items() if _is_said(value)}


def _is_said(value: Any) -> bool:
    # 0 is a length.
    return value is not False and value not in (None, "", [], {})


def _kind(name: str, told: Mapping[str, Any]) -> Kind:
    said = told.get("type", "string")
    if said == "string" and told.get("format") == "uuid":
        return Kind.UUID
    if not isinstance(said, str) or said not in _KINDS:
        raise TableProblemError(
            f"{name}: the type {str(said)[:40]!r} is none of {', '.join(sorted(_KINDS))}"
        )
    if said in ("date", "datetime") and told.get("format", "default") not in ("default", "any"):
        raise TableProblemError(
            f"{name}: a {said} is told in ISO form; other formats are read by"
            " the mapping of an import"
        )
    return _KINDS[said]


def _relations(told: Any, names: Mapping[str, str]) -> dict[str, Relation]:
    found = {}
    for one in _list("foreignKeys", told):
        reference = one.get("reference") if isinstance(one, dict) else None
        if not isinstance(reference, dict):
            raise TableProblemError("foreignKeys: each has `fields` and a `reference`")
        [*here], [*there] = (
            _texts(one.get("fields", []), "foreignKeys"),
            _texts(reference.get("fields", []), "foreignKeys"),
        )
        resource = reference.get("resource")
        if len(here) != 1 or len(there) != 1 or not isinstance(resource, str):
            raise TableProblemError("foreignKeys: one field refers to one field of a resource")
        dataset = resource if "." in resource else f"{_TABLES}{resource}"
        found[names.get(here[0], here[0])] = Relation(dataset=dataset, field=there[0])
    return found


def _with_relation(one: Field, relations: Mapping[str, Relation]) -> Field:
    return replace(one, relation=relations.get(one.name))


def _name_of(text: str) -> str:
    """Make a name of what people call something."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall("[a-z0-9]+", plain))[:NAME_LENGTH].rstrip("_")
    return name if name[:1].isalpha() else f"f_{name}"[:NAME_LENGTH].rstrip("_")


def _texts(told: Any, what: str) -> list[str]:
    found = [told] if isinstance(told, str) else told
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TableProblemError(f"{what}: a text or a list of texts")
    return found


def _list(name: str, told: Any) -> list[Any]:
    if not isinstance(told, list):
        raise TableProblemError(f"{name}: expected a list")
    return told


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told_text(name: str, told: Mapping[str, Any], what: str, most: int) -> str:
    found = told.get(what, "")
    if not isinstance(found, str) or len(found) > most:
        raise TableProblemError(f"{name}: {what} is a text of at most {most} characters")
    return found


def _flag(name: str, told: Mapping[str, Any], what: str) -> bool:
    found = told.get(what, False)
    if not isinstance(found, bool):
        raise TableProblemError(f"{name}: {what} is true or false")
    return found


def _length(name: str, told: Mapping[str, Any], what: str) -> int | None:
    found = told.get(what)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise TableProblemError(f"{name}: {what} is a whole number")
    return found
