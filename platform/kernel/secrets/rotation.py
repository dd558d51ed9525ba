"""Every place that holds sealed texts, and how they come under the active key."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from kernel.errors import DomainError
from kernel.secrets.authenticators import PLACE as AUTHENTICATORS
from kernel.secrets.fields import EncryptedTextField, Sealed
from kernel.secrets.ring import ring
from kernel.secrets.sealing import Place, is_sealed, key_id_of, seal, sealed_prefix, unseal
from kernel.tenancy.aliases import system_alias

#: Rows that one transaction encrypts anew, so that it stays short.
ROWS_AT_ONCE = 200

Row = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed texts: one in each row, or some inside of a JSON value."""

    model: type[models.Model]
    name: str
    inside_json: bool = False

    def __str__(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def rows(self, *, but_of: str = "") -> models.QuerySet[models.Model, Row]:
        """Return keys and stored values in order; not of rows that are sealed under a key."""
        found = self._rows().filter(**{f"{self.name}__isnull": False})
        if not self.inside_json:
            found = found.annotate(stored=Cast(self.name, models.TextField()))
            if but_of:
                found = found.exclude(stored__startswith=sealed_prefix(but_of))
        rows: models.QuerySet[models.Model, Row]
        rows = found.values_list("pk", self.name if self.inside_json else "stored")
        return rows

    def sealed_in(self, value: Any) -> list[str]:
        """Return the sealed texts of a stored value."""
        found: list[str] = []

        def note(sealed: str) -> str:
            found.append(sealed)
            return sealed

        self.replaced(value, note)
        return found

    def replaced(self, value: Any, step: Callable[[str], str]) -> Any:
        """Return a stored value with each sealed text in it changed."""
        if isinstance(value, str) and (not self.inside_json or is_sealed(value)):
            return step(value)
        if isinstance(value, list):
            return [self.replaced(item, step) for item in value]
        if isinstance(value, dict):
            return {name: self.replaced(item, step) for name, item in value.items()}
        return value

    def place(self, key: Any) -> Place:
        """Return what the texts of a row are bound to."""
        if self.inside_json:
            return AUTHENTICATORS
        encrypted = self.model._meta.get_field(self.name)
        assert isinstance(encrypted, EncryptedTextField)  # noqa: S101  by `columns` # nosec B101
        return encrypted.place(self.model(pk=key))

    def write(self, key: Any, value: Any) -> None:
        """Store a value in its row."""
        stored = value if self.inside_json else Sealed(value)
        self._rows().filter(pk=key).update(**{self.name: stored})

    def _rows(self) -> models.QuerySet[models.Model]:
        # The plainest manager on the connection that no policy narrows: rows of all tenants.
        return self.model._base_manager.using(system_alias()).order_by("pk")


@dataclass(slots=True)
class Progress:
    """How far a column is."""

    column: str
    total: int
    done: int = 0
    #: Rows that could not be read, and why.
    failed: dict[str, str] = field(default_factory=dict)


def columns() -> list[Column]:
    """Return every column of this process that holds sealed texts."""
    found = [
        Column(model, one.name)
        for model in apps.get_models()
        if not model._meta.proxy
        for one in model._meta.local_fields
        if isinstance(one, EncryptedTextField)
    ]
    if apps.is_installed("allauth.mfa"):
        model = apps.get_app_config("mfa").get_model("Authenticator")
        found.append(Column(model, AUTHENTICATORS.column, inside_json=True))
    return found


def usage(of: Sequence[Column]) -> Counter[str]:
    """Return how many sealed texts need which key, by its id."""
    return Counter(
        _key_id(sealed)
        for column in of
        for _, value in column.rows().iterator()
        for sealed in column.sealed_in(value)
    )


def reseal(column: Column, *, dry_run: bool = False) -> Iterator[Progress]:
    """Encrypt anew what is not under the active key, batch by batch; tell the progress of each.

    What a crash leaves behind is found by the next run. With `dry_run` everything is read and
    nothing written. A row that cannot be read is told, and left as it is.
    """
    active = ring().active
    told = Progress(str(column), column.rows(but_of=active).count())
    last: Any = None
    while True:
        with transaction.atomic(using=system_alias()):
            stale = column.rows(but_of=active).select_for_update()
            rows = list((stale if last is None else stale.filter(pk__gt=last))[:ROWS_AT_ONCE])
            for key, value in rows:
                _reseal_row(column, key, value, told, dry_run=dry_run)
        if not rows:
            return
        last = rows[-1][0]
        yield told


def _reseal_row(column: Column, key: Any, value: Any, told: Progress, *, dry_run: bool) -> None:
    place = column.place(key)
    active = ring().active

    def step(sealed: str) -> str:
        # A new data key, too: whoever had the old key may have unwrapped the old one.
        return sealed if _key_id(sealed) == active else seal(unseal(sealed, place), place)

    try:
        changed = column.replaced(value, step)
    except DomainError as error:
        told.failed[str(key)] = f"{error.code}: {error}"
        return
    if changed != value and not dry_run:
        column.write(key, changed)
    told.done += 1


def _key_id(sealed: str) -> str:
    try:
        return key_id_of(sealed)
    except DomainError:
        return "(unreadable)"
