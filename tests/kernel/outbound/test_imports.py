"""Nobody else holds an HTTP client: the standard library's are looked for here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

FORBIDDEN = {
    "aiohttp", "ftplib", "http.client", "httpx", "requests", "telnetlib", "urllib.request",
    "urllib3",
}  # fmt: skip
#: Each calls processes of the platform itself, by addresses of its settings, or belongs to tests.
ALLOWED = {
    "platform/kernel/discovery/connections.py",
    "platform/kernel/discovery/stores.py",
    "platform/kernel/mesh/calling.py",
    "platform/kernel/mesh/fetching.py",
    "platform/kernel/mesh/storing.py",
    "platform/kernel/testing/serving.py",
    "platform/project/portal/catalogue.py",
    "platform/project/supergraph.py",
}


def test_only_the_way_out_imports_an_http_client() -> None:
    root = Path(settings.BASE_DIR)
    sources = [*(root / "platform").rglob("*.py"), *(root / "apps").rglob("*.py")]

    users = {
        str(source.relative_to(root))
        for source in sources
        if any(_forbidden(name) for name in _imported(source))
    }

    outbound = {name for name in users if name.startswith("platform/kernel/outbound/")}
    assert outbound
    assert users - outbound == ALLOWED


def test_an_import_is_found_in_each_of_its_forms(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    for line in (
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import http.client as c",
        "from http import client",
        "def f():\n    import requests.adapters",
    ):
        source.write_text(line)
        assert any(_forbidden(name) for name in _imported(source)), line
    source.write_text("from urllib.parse import quote\nimport http\nfrom http import HTTPStatus")
    assert not any(_forbidden(name) for name in _imported(source))


def _imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _forbidden(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in FORBIDDEN)
