"""What we print is composed by both public composers, whatever directives it uses."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from graphql import DirectiveNode, StringValueNode, Visitor, parse, visit

from kernel.federation.directives import DEFINITIONS
from tests.compatibility.everything import EVERYTHING, TEXT
from tests.gateway.stack import installed
from tests.node.packages import node

pytestmark = pytest.mark.node

HERE = Path(__file__).resolve().parent
#: What composition uses up; a supergraph shows the others.
USED_UP = {"key", "requires", "provides", "external", "shareable", "override", "interfaceObject"}
NOT_OURS = {"extends"}


@pytest.fixture(scope="module")
def composed() -> dict[str, dict[str, Any]]:
    """What each composer made of the subgraphs."""
    installed(str(HERE))
    done = subprocess.run(
        [node(), str(HERE / "compose.mjs")],
        input=json.dumps([{"name": one.service, "sdl": one.sdl} for one in EVERYTHING]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(("Apollo's", "the Guild's"), json.loads(done.stdout), strict=True))


def test_every_directive_is_used() -> None:
    sdls = "\n".join(one.sdl for one in EVERYTHING)

    assert {name for name in DEFINITIONS if f"@{name}" not in sdls} == NOT_OURS


@pytest.mark.parametrize("composer", ["Apollo's", "the Guild's"])
def test_every_directive_composes(composed: dict[str, dict[str, Any]], composer: str) -> None:
    answer = composed[composer]

    assert answer["errors"] == []
    found = uses(answer["supergraph"])
    kept = set(DEFINITIONS) - USED_UP - NOT_OURS - {"composeDirective", "fromContext"}
    assert kept <= set(found)
    assert TEXT in found["tag"]
    assert found["shelf"] == [TEXT]


def uses(sdl: str) -> dict[str, list[str]]:
    """Return the texts in the arguments of each directive of a schema."""

    class Uses(Visitor):
        def enter_directive(self, node_: DirectiveNode, *_: Any) -> None:
            texts = found.setdefault(node_.name.value, [])
            texts += [
                argument.value.value
                for argument in node_.arguments
                if isinstance(argument.value, StringValueNode)
            ]

    found: dict[str, list[str]] = {}
    visit(parse(sdl), Uses())
    return found
