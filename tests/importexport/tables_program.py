"""A process of its own whose role owns no table: it makes, changes, reads and drops one."""

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from apps.importexport.models.rows import physical_name  # noqa: E402
from apps.importexport.selectors.tables import read_table, table_named  # noqa: E402
from apps.importexport.services import table_definitions as definitions  # noqa: E402
from apps.importexport.services.tables import delete_table, describe_table  # noqa: E402
from contracts.datasets import Wanted  # noqa: E402
from kernel.identity.services import create_tenant  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.importexport.exporting import contents, exported  # noqa: E402
from tests.importexport.tables import countries, put  # noqa: E402

told: dict[str, object] = {}
wider = {"name": "code", "type": "string", "constraints": {"maxLength": 2}}
number = {"name": "people", "type": "integer"}
text = {"name": "people", "type": "string"}
owner, stranger = (create_tenant(slug=one, name=one) for one in ("owner", "stranger"))

with in_tenant(owner.pk):
    table = countries("DE", "FR")
    describe_table(
        id=str(table.pk), schema={"fields": [wider, {"name": "name"}, number], "primaryKey": "code"}
    )
    put(table_named("countries"), code="IT", name="=Italy", people=59)
    describe_table(
        id=str(table.pk),
        schema={"fields": [wider, {"name": "name"}, text], "primaryKey": "code"},
    )
    drain()
    told["rows"] = read_table(table_named("countries"), Wanted()).rows
    export = exported(dataset="tables.countries", order=["code"])
    told["export"] = [export.state, export.error_message]
    told["file"] = [one.decode() for one in contents(export)]
    name = physical_name(table)
with in_tenant(stranger.pk), connection.cursor() as cursor:
    cursor.execute(f'SELECT count(*) FROM "{name}"')
    told["stranger"] = cursor.fetchone()[0]
with in_tenant(owner.pk):
    delete_table(id=str(table.pk))
    drain()
told["left"] = len(definitions.existing())
sys.stdout.write(json.dumps(told))
