"""What the clients know of the graph is what it is."""

from pathlib import Path

import pytest

from scripts.clients import GENERATED, TYPESCRIPT, generate, generate_typescript
from tests.node.packages import install, node


@pytest.mark.live
def test_the_generated_client_is_that_of_this_graph(tmp_path: Path) -> None:
    there = {path.name: path.read_text() for path in GENERATED.glob("*.py")}

    made = generate(tmp_path)

    differing = [name for name in made | there if made.get(name) != there.get(name)]
    assert differing == [], "run python -m scripts.clients"
    assert len(made) > 40


@pytest.mark.node
def test_the_generated_module_is_that_of_this_graph(tmp_path: Path) -> None:
    node()
    install(TYPESCRIPT)

    made = generate_typescript(tmp_path)

    assert made == (TYPESCRIPT / "src/graphql.ts").read_text(), "run python -m scripts.clients"
    assert "AuditLogDocument" in made
