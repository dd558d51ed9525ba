"""What settings say of databases outside: read, or refused with a sentence that tells no secret."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from apps.importexport.adapters.externals.connecting import _is_local
from apps.importexport.conf import external_databases
from apps.importexport.domain.externals.connections import connections_of, named_in
from apps.importexport.domain.externals.tables import Column
from kernel.env import Environment
from kernel.ids import new_id

TENANT = new_id()
ERP: dict[str, Any] = {
    "url": "postgresql://septet:hidden@db/erp",
    "tables": ["orders", "ref_*"],
    "tenants": [str(TENANT)],
}


def test_what_is_said_is_read() -> None:
    (erp,) = connections_of({"erp": {**ERP, "receipts": "notes", "use": "export"}}).values()

    assert (erp.schema, erp.connections, erp.exports, erp.imports) == ("public", 4, True, False)
    assert erp.lets(TENANT)
    assert not erp.lets(new_id())
    names = ("orders", "ref_a", "ref_", "Orders", "xref_a", "orders2", "notes")
    assert [erp.has(name) for name in names] == [True, True, True, False, False, False, False]
    assert "hidden" not in repr(erp)
    assert named_in("external.erp.odd.name") == ("erp", "odd.name")


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("ERP", {}, "a name is 1 to 26"),
        ("erp", {"url": "mysql://septet:hidden@db/erp"}, "erp: url is postgresql://"),
        ("erp", {"url": 1}, "erp: url is"),
        ("erp", {"tables": []}, "erp: tables is a list"),
        ("erp", {"tables": "orders"}, "erp: tables is a list"),
        ("erp", {"tenants": ["everybody"]}, "erp: tenants is a list of ids"),
        ("erp", {"use": "both ways"}, "erp: use is import, export or both"),
        ("erp", {"connections": 0}, "erp: connections is a whole number from 1"),
        ("erp", {"connections": True}, "erp: connections is"),
        ("erp", {"read_scope": "*"}, "erp: read_scope is a scope"),
        ("erp", {"receipts": "n" * 64}, "erp: receipts is the name"),
        ("erp", {"grows_by": ["orders"]}, "erp: grows_by is an object"),
        ("erp", {"passwort": "hidden"}, "erp has 'passwort'"),
    ],
)
def test_what_means_nothing_ends_the_start(name: str, more: dict[str, Any], says: str) -> None:
    wrong = {name: {**ERP, **more}}

    with (
        override_settings(EXTERNAL_DATABASES=wrong),
        pytest.raises(ImproperlyConfigured) as refused,
    ):
        external_databases()

    assert f"EXTERNAL_DATABASES: {name if name != 'ERP' else ''}"[:20] in str(refused.value)
    assert says in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="erp lacks tables, tenants"):
        connections_of({"erp": {"url": ERP["url"]}})


def test_a_password_comes_from_its_own_variable_or_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\n")
    env = Environment(
        {
            "DATABASES": '{"a": {"password_from": "A"}, "b": {"password_from": "B"}}',
            "A": "said",
            "B_FILE": str(file),
        }
    )

    assert env.objects("DATABASES") == {"a": {"password": "said"}, "b": {"password": "from a file"}}
    assert env.objects("OTHERS") == {}
    for wrong in ("[1]", '{"a": "hidden"}', "hidden"):
        with pytest.raises(ImproperlyConfigured) as refused:
            Environment({"DATABASES": wrong}).objects("DATABASES")
        assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("modifier", "scale"), [(-1, None), (((8 << 16) | 2) + 4, 2), (((8 << 16) | 0x7FE) + 4, -2)]
)
def test_the_scale_of_a_number_is_in_its_modifier(modifier: int, scale: int | None) -> None:
    column = Column(name="a", type="numeric", type_name="numeric", modifier=modifier)

    assert column.scale == scale


@pytest.mark.parametrize(
    ("told", "local"),
    [
        ({}, True),
        ({"host": "localhost,/run/postgresql"}, True),
        ({"host": "localhost,db.internal"}, False),
        ({"host": "/run/postgresql,db.internal"}, False),
        ({"host": "localhost", "hostaddr": "10.0.0.1"}, False),
        ({"host": "db.internal"}, False),
    ],
)
def test_only_what_goes_nowhere_else_may_go_in_the_clear(told: dict[str, str], local: bool) -> None:
    assert _is_local(told) is local
