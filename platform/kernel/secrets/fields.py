"""A column that holds a secret, encrypted, and never shows it by accident."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from kernel.secrets.sealing import Place, is_sealed, seal

MASK = "••••••••"


class Secret:
    """A secret as its row carries it: whatever prints, logs or encodes it gets a mask."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} secret>"

    def __str__(self) -> str:
        return MASK

    def __deepcopy__(self, _memo: Any) -> "Secret":
        return self


class Sealed(Secret):
    """As it is stored; `kernel.secrets.reading.read_secret` opens it."""

    __slots__ = ()

    @property
    def stored(self) -> str:
        """The encrypted form."""
        return self._text

    def __eq__(self, other: object) -> bool:
        """Say whether it is the same encrypted form: a row that was read twice is the same."""
        return isinstance(other, Sealed) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class Fresh(Secret):
    """Assigned and not saved yet: still plain, so it goes nowhere but into its row."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        raise TypeError("a secret that is not saved yet is not pickled")

    def sealed(self, place: Place) -> Sealed:
        """Return it encrypted for this place."""
        return Sealed(seal(self._text, place))


class _Attribute(DeferredAttribute):
    """Takes a text and gives back a Secret."""

    field: "EncryptedTextField"

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = Fresh(value) if isinstance(value, str) else value


class EncryptedTextField(models.Field[str | Secret | None, Secret | None]):
    """A text that is encrypted when its row is saved, bound to table, column and primary key.

    Assign a text; read it with `read_secret`. It can be asked for null and nothing else. No form
    shows it, GraphQL refuses it, and JSON, repr and the admin see a mask.
    """

    description = "An encrypted text"
    descriptor_class = _Attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "TextField"

    def place(self, row: models.Model) -> Place:
        """Return where this row's secret is stored; raises ValueError for a row without a key."""
        key = row._meta.pk.to_python(row.pk)
        if key is None:
            raise ValueError(f"{self} is bound to its row: give the row its primary key first")
        return Place(self.model._meta.db_table, str(self.column), str(key))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, Fresh):
            value = value.sealed(self.place(model_instance))
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Sealed):
            return value.stored
        raise TypeError(f"{self} is bound to its row: assign it to a row and save that")

    def from_db_value(self, value: str | None, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Secret | None:
        if value is None or isinstance(value, Secret):
            return value
        # Of a fixture, whose texts are what `value_to_string` gave.
        return Sealed(value) if is_sealed(value) else Fresh(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return value.stored if isinstance(value, Sealed) else MASK

    def formfield(self, *_: Any, **__: Any) -> None:
        return None

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self} is encrypted: it cannot be searched by {lookup_name}")
        return super().get_lookup(lookup_name)
