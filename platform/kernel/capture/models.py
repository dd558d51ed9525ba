"""Models whose rows tell what is done to them."""

from typing import Any, ClassVar

from django.core import checks
from django.db import models, router, transaction
from django.db.models.fields import NOT_PROVIDED
from django.db.models.signals import post_delete

from kernel.capture.querysets import CapturedQuerySet, _plain, filled
from kernel.capture.telling import tell_deleted, telling
from kernel.capture.values import Capture
from kernel.tenancy.models import AcrossTenants, TenantManager, TenantModel

#: More columns than an audit log has room for.
MOST_COLUMNS = 200


def _deleted(sender: Any, instance: Any, using: str, **_: Any) -> None:
    row = getattr(instance, "_as_stored", None) or instance
    tell_deleted(row, sender.capture.fields(sender), using)


class CapturedModel(models.Model):
    """Rows that tell of being created, changed and deleted, by whatever part of Django's API.

    A model that makes managers of its own makes them of `CapturedQuerySet`; a check says which is
    not.
    """

    capture: ClassVar[Capture] = Capture()

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(CapturedQuerySet)()
    #: What Django itself changes rows by: related managers, and `SET_NULL`.
    captured_rows: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(CapturedQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "captured_rows"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A signal, for only so is a row seen that goes with another, whose model says nothing.
        post_delete.connect(_deleted, sender=cls)

    def save_base(
        self,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> None:
        alias = using or router.db_for_write(type(self), instance=self)
        columns = [
            one
            for one in self.capture.fields(type(self))
            if update_fields is None or {one.name, one.attname} & set(update_fields)
        ]
        with transaction.atomic(using=alias, savepoint=False), telling(alias) as teller:
            before = None
            if not force_insert and (raw or not self._is_surely_new()):
                before = self._stored(alias)
            super().save_base(raw, force_insert, force_update, alias, update_fields)
            after = self
            if any(hasattr(getattr(self, one.attname), "resolve_expression") for one in columns):
                after = self._stored(alias) or self
            if before is None:
                teller.add(self, "created", _normal(filled(after, columns)))
            else:
                was = [(one, getattr(before, one.attname)) for one in columns]
                pairs = [(one, value, getattr(after, one.attname)) for one, value in was]
                teller.add(self, "changed", _normal(pairs))

    save_base.alters_data = True  # type: ignore[attr-defined]  # Django's mark

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        alias = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias, savepoint=False), telling(alias):
            # What is in memory may be older than the row, or changed and not saved.
            self._as_stored = self._stored(alias) if self.pk is not None else None
            return super().delete(alias, keep_parents)

    delete.alters_data = True  # type: ignore[attr-defined]  # Django's mark

    def _is_surely_new(self) -> bool:
        """Say whether Django inserts without looking: it does for keys that it has made itself."""
        pk = self._meta.pk
        made_here = pk.default is not NOT_PROVIDED or pk.db_default is not NOT_PROVIDED
        return self.pk is None or (self._state.adding and made_here)

    def _stored(self, alias: str) -> Any:
        rows = type(self)._base_manager.using(alias)
        return rows.select_for_update().filter(pk=self.pk).first()

    @classmethod
    def check(cls, **options: Any) -> list[checks.CheckMessage]:
        return [*super().check(**options), *_blind_managers(cls), *_too_many_columns(cls)]


class CapturedTenantModel(CapturedModel, TenantModel):
    """Rows of a tenant that tell what is done to them."""

    objects = TenantManager.from_queryset(CapturedQuerySet)()
    across_tenants = AcrossTenants.from_queryset(CapturedQuerySet)()

    class Meta(CapturedModel.Meta):
        abstract = True


def _normal(pairs: Any) -> Any:
    return [(one, before, _plain(one, after)) for one, before, after in pairs]


def _blind_managers(cls: Any) -> list[checks.CheckMessage]:
    managers = {one.name: one for one in (*cls._meta.managers, cls._base_manager)}
    return [
        checks.Error(
            f"{name} changes rows and tells nothing of it",
            hint="make it by `.from_queryset(CapturedQuerySet)`",
            obj=cls,
            id="septet.E060",
        )
        for name, one in managers.items()
        if not issubclass(getattr(one, "_queryset_class", models.QuerySet), CapturedQuerySet)
    ]


def _too_many_columns(cls: Any) -> list[checks.CheckMessage]:
    count = len(cls.capture.fields(cls))
    if count <= MOST_COLUMNS:
        return []
    return [
        checks.Error(
            f"{count} columns are captured, at most {MOST_COLUMNS} can be told of at once",
            hint="exclude some",
            obj=cls,
            id="septet.E061",
        )
    ]
