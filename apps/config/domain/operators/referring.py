"""Rules that use others: `$ref`, segments, prerequisite flags."""

from typing import Any

from apps.config.domain.compiler import Call, Compiler, operator
from apps.config.domain.frames import Frame, Node


@operator("$ref")
def reference(compiler: Compiler, call: Call) -> Node:
    name = _name(compiler, call)
    if isinstance(name, str):
        return compiler.part("$evaluators", name, call.place, inner=call.inner)
    return name


@operator("septet.segment")
def segment(compiler: Compiler, call: Call) -> Node:
    name = _name(compiler, call)
    if not isinstance(name, str):
        return name
    found = compiler.world.segments.get(name)
    if found is None:
        return compiler.broken(call.place, "reference", f"there is no segment {name!r}")
    compiler.needs_frame |= call.inner
    attribute, members, excluded = found.attribute, found.members, found.excluded
    rule = compiler.part("$segments", name, call.place, inner=False) if found.has_rule else None

    def belongs(data: Any, frame: Frame) -> bool:
        context = frame.context if call.inner else data
        unit = context.get(attribute)
        if unit is not None:
            unit = unit if isinstance(unit, str) else str(unit)
            if unit in excluded:
                return False
            if unit in members:
                return True
        return rule is not None and rule(context, frame) is True

    return belongs


@operator("septet.flag")
def flag_value(compiler: Compiler, call: Call) -> Node:
    return _of_flag(compiler, call, "value")


@operator("septet.variant")
def flag_variant(compiler: Compiler, call: Call) -> Node:
    return _of_flag(compiler, call, "variant")


def _of_flag(compiler: Compiler, call: Call, attribute: str) -> Node:
    key = _name(compiler, call)
    if not isinstance(key, str):
        return key
    if key not in compiler.world.flags:
        return compiler.broken(call.place, "reference", f"there is no flag {key!r}")
    compiler.needs_frame = True

    def of_flag(data: Any, frame: Frame) -> Any:
        return getattr(frame.ask(key, frame), attribute) if frame.ask else None

    return of_flag


def _name(compiler: Compiler, call: Call) -> str | Node:
    [name] = call.arguments if len(call.arguments) == 1 else [None]
    if isinstance(name, str):
        return name
    return compiler.broken(call.place, "reference", f"{call.name} takes one name, written out")
