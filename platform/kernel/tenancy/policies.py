"""PostgreSQL's row-level security: every table with tenants' rows shows those of one tenant.

The role of DATABASE_URL may be neither the tables' owner nor one that bypasses policies; the role
of DATABASE_SYSTEM_URL owns them, migrates, and reads across tenants. Policies are made after each
`migrate`, so a table that an app adds tomorrow has its own.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connections, models, transaction
from psycopg import sql

from kernel.tenancy.aliases import SYSTEM_DB_ALIAS
from kernel.tenancy.models import TenantModel, view_of
from kernel.tenancy.postgresql.base import SETTING

POLICY = "one_tenant"

# In a SELECT of its own: asked once for a statement, not for each row.
_OF_TENANT = f"tenant_id = (SELECT nullif(current_setting('{SETTING}', true), '')::uuid)"
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
)
_PARTITIONS = "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"


def guarded_models() -> list[type[models.Model]]:
    """Return the models whose rows belong to a tenant; identity's own name one, and are none."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        or (model.__module__.startswith("apps.") and _has_tenant(model))
    ]


def _has_tenant(model: type[models.Model]) -> bool:
    return any(field.attname == "tenant_id" for field in model._meta.concrete_fields)


def guard_tables(using: str, **_told: Any) -> None:
    """Give each of their tables its policy, and the role of the application what it may do."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = %s", [POLICY])
        guarded = {name for (name,) in cursor.fetchall()}
        existing = set(connection.introspection.table_names(cursor))
        tables = {model._meta.db_table for model in guarded_models()} & existing - guarded
        for table in sorted(tables):
            _make_policy(cursor, table)
        for model in guarded_models():
            if getattr(model, "searched", False) and model._meta.db_table in existing:
                _make_view(cursor, model)
        if using == SYSTEM_DB_ALIAS:
            told = settings.DATABASES[DEFAULT_DB_ALIAS]
            _make_role(cursor, told["USER"], told["PASSWORD"])
            grant(cursor, told["USER"])


def guard_table(cursor: Any, table: str) -> None:
    """Give a table its policy, and the role of the application what it may do, if it has none.

    For tables that are made while the platform runs; `cursor` is that of their owner.
    """
    if cursor.db.vendor != "postgresql":
        return
    cursor.execute(
        "SELECT FROM pg_policies WHERE tablename = %s AND policyname = %s", [table, POLICY]
    )
    if cursor.fetchone() is not None:
        return
    _make_policy(cursor, table)
    if cursor.db.alias == SYSTEM_DB_ALIAS:
        role = sql.Identifier(settings.DATABASES[DEFAULT_DB_ALIAS]["USER"])
        grant_ = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}")
        cursor.execute(grant_.format(sql.Identifier(table), role))


def _make_policy(cursor: Any, table: str) -> None:
    name = sql.Identifier(table)
    cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    cursor.execute(
        sql.SQL("CREATE POLICY {} ON {} USING ({})").format(
            sql.Identifier(POLICY), name, sql.SQL(_OF_TENANT)
        )
    )


def _make_view(cursor: Any, model: type[models.Model]) -> None:
    view, table = sql.Identifier(view_of(model)), sql.Identifier(model._meta.db_table)
    make = sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT * FROM {} WHERE {}").format(
        view, table, sql.SQL(_OF_TENANT)
    )
    try:
        with transaction.atomic(using=cursor.db.alias):
            cursor.execute(make)
    except ProgrammingError:
        # Columns are other ones now.
        with transaction.atomic(using=cursor.db.alias):
            cursor.execute(sql.SQL("DROP VIEW {}").format(view))
            cursor.execute(make)


def _make_role(cursor: Any, role: str, password: str) -> None:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is not None:
        return
    # Only a hash of the password is sent, so no log of the server holds it.
    hashed = cursor.connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    cursor.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(hashed.decode())
        )
    )


def grant(cursor: Any, role: str) -> None:
    """Let a role read and write all tables, as far as their policies let it.

    Rows of a model that says `append_only` it may not change, whatever triggers say of it. Of a
    table in partitions it reaches each through the table, whose policy holds for that way only.
    """
    for statement in _GRANTS:
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
    cursor.execute(_PARTITIONS)
    for (partition,) in cursor.fetchall():
        revoke = sql.SQL("REVOKE ALL ON {} FROM {}")
        cursor.execute(revoke.format(sql.SQL(partition), sql.Identifier(role)))
    for model in guarded_models():
        if getattr(model, "append_only", False):
            table = sql.Identifier(model._meta.db_table)
            revoke = sql.SQL("REVOKE UPDATE ON {} FROM {}")
            cursor.execute(revoke.format(table, sql.Identifier(role)))
        if getattr(model, "searched", False):
            # What is written through a view is written with the rights of its owner.
            view = sql.Identifier(view_of(model))
            revoke = sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}")
            cursor.execute(revoke.format(view, sql.Identifier(role)))


def unguarded(models_: Iterable[type[models.Model]], using: str) -> list[str]:
    """Return the tables among these models' that no policy guards."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_policies ON tablename = relname"
            " WHERE relrowsecurity AND policyname = %s",
            [POLICY],
        )
        guarded = {name for (name,) in cursor.fetchall()}
    return sorted({model._meta.db_table for model in models_} - guarded)
