"""How large and how deep a definition may be, and how much work one evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each bounds time or memory that a hostile definition or context could ask for."""

    definition_bytes: int = 16_000_000
    flags: int = 20_000
    # Levels of JSON in one flag, one evaluator or one segment.
    depth: int = 64
    # Nodes of JSON that one evaluation may have to walk: evaluators count wherever they are used.
    nodes: int = 20_000
    # Flags that wait for one another.
    prerequisites: int = 8
    members: int = 1_000_000


DEFAULT = Limits()

# Turns of map, filter, reduce and the like that one evaluation may take.
TURNS = 50_000
# What `cat` and `merge` may build: reduce would double it with every turn.
BUILT_LENGTH = 4_096
LIST_LENGTH = 10_000
# The longest text in which many parts are looked for.
TEXT_LENGTH = 65_536
