"""Generate what the clients know of the graph from `clients/operations`; with --check, compare.

That of Python by ariadne-codegen: one package of models for both the blocking and the asyncio
client. That of TypeScript by GraphQL Code Generator, which `npm ci` has installed beside it.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from graphql import lexicographic_sort_schema, print_schema

ROOT = Path(__file__).parent.parent
OPERATIONS = ROOT / "clients/operations"
GENERATED = ROOT / "clients/python/septet_client/graphql"
TYPESCRIPT = ROOT / "clients/typescript"
GENERATOR = "ariadne-codegen==0.19.0"
_CONFIG = """
[tool.ariadne-codegen]
schema_path = "schema.graphql"
queries_path = "{operations}"
target_package_name = "{package}"
target_package_path = "."
client_name = "{client}"
base_client_file_path = "{transport}"
base_client_name = "{base}"
async_client = {is_async}
include_all_inputs = false
include_all_enums = false
include_comments = "none"
scalars.DateTime.type = "datetime.datetime"
scalars.Date.type = "datetime.date"
scalars.BigInt.type = "int"
scalars.JSON.type = "typing.Any"
"""


def main() -> None:
    """Write what is generated, or say how it differs."""
    with TemporaryDirectory() as name:
        made, typescript = generate(Path(name)), generate_typescript(Path(name))
    module = TYPESCRIPT / "src/graphql.ts"
    there = {path.name: path.read_text() for path in GENERATED.glob("*.py")}
    if "--check" in sys.argv:
        if differing := sorted(file for file in made | there if made.get(file) != there.get(file)):
            raise SystemExit(f"run python -m scripts.clients: {', '.join(differing)} differ")
        if module.read_text() != typescript:
            raise SystemExit(f"run python -m scripts.clients: {module} differs")
        return
    module.write_text(typescript)
    GENERATED.mkdir(exist_ok=True)
    for file in there.keys() - made.keys():
        (GENERATED / file).unlink()
    for file, text in made.items():
        (GENERATED / file).write_text(text)


def generate(folder: Path) -> dict[str, str]:
    """Return the modules of the generated package."""
    (folder / "schema.graphql").write_text(_schema())
    blocking = _package(folder, "blocking", "Operations", "Transport", is_async=False)
    waiting = _package(folder, "waiting", "AsyncOperations", "AsyncTransport", is_async=True)
    # Both have the same models, so one package is enough for both clients.
    made = blocking | {"async_client.py": waiting["client.py"]}
    made["__init__.py"] = (
        '"""Generated from `clients/operations` by `python -m scripts.clients`."""\n'
    )
    return {
        file: text.replace("from .transport import", "from septet_client.transport import")
        for file, text in made.items()
        if file not in {"transport.py", "exceptions.py"}
    }


def generate_typescript(folder: Path) -> str:
    """Return the module of operations and their types."""
    (folder / "schema.graphql").write_text(_schema())
    config = (TYPESCRIPT / "codegen.yml").read_text()
    made = folder / "graphql.ts"
    config = config.replace("src/graphql.ts", str(made)).replace("../operations", str(OPERATIONS))
    (folder / "codegen.yml").write_text(config)
    command = ["npx", "--no-install", "graphql-codegen", "--config", str(folder / "codegen.yml")]
    environment = os.environ | {"SEPTET_SCHEMA": str(folder / "schema.graphql")}
    subprocess.run(  # noqa: S603  # nosec B603
        command, cwd=TYPESCRIPT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return made.read_text()


def _schema() -> str:
    from kernel.federation.subgraph import compose  # noqa: PLC0415
    from kernel.services import BY_NAME  # noqa: PLC0415
    from project.graph import subgraph  # noqa: PLC0415

    schema = compose([subgraph(service) for service in BY_NAME])
    return print_schema(lexicographic_sort_schema(schema))


def _package(
    folder: Path, package: str, client: str, base: str, *, is_async: bool
) -> dict[str, str]:
    config = folder / f"{package}.toml"
    transport = GENERATED.parent / "transport.py"
    config.write_text(
        _CONFIG.format(
            operations=OPERATIONS,
            package=package,
            client=client,
            transport=transport,
            base=base,
            is_async=str(is_async).lower(),
        )
    )
    command = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "--python", sys.executable]
    command += ["--from", GENERATOR, "ariadne-codegen", "--config", config.name]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # nosec B603
    return {path.name: path.read_text() for path in sorted((folder / package).glob("*.py"))}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    main()
