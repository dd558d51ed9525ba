"""`fractional` in flagd's three generations, and `septet.bucket` in those of other systems."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from apps.config.domain import hashing
from apps.config.domain.compiler import Call, Compiler, argument, is_literal, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.operators.matching import nothing
from apps.config.domain.operators.reading import plain_key
from apps.config.domain.values import text

# From the options of a rule to where a unit falls, if it does.
Algorithm = Callable[[dict[str, Any]], Callable[[Any], float | None]]


def _hash_text(value: Any) -> int | None:
    """Versions 1 and 2 hash a text that is not empty, and nothing else."""
    if isinstance(value, str) and value:
        return hashing.murmur3(value, 0, signed=False)
    return None


def _hash_json(value: Any) -> int | None:
    """Version 3 hashes canonical CBOR of any value but null, and a list that stands for choices."""
    if value is None or isinstance(value, list):
        return None
    return hashing.murmur3(hashing.cbor(value), 0, signed=False)


@operator("fractional")
def fractional(compiler: Compiler, call: Call) -> Node:
    if not call.arguments:
        return compiler.broken(call.place, "arguments", "fractional has nothing to choose from")
    compiler.of_this_flag = True
    newest = compiler.bucketing == "flagd-v3"
    first = call.arguments[0]
    if isinstance(first, list):
        hashed, entries = _of_targeting_key(compiler, newest), call.arguments
    else:
        hashed, entries = _of_rule(compiler, call, newest), call.arguments[1:]
    start = len(call.arguments) - len(entries)
    _check_weights(compiler, call, entries, start)
    if all(is_literal(entry) for entry in entries):
        weights = _weights(entries)
        return nothing if weights is None else _fixed(compiler.bucketing, hashed, *weights)
    nodes = [argument(compiler, call, start + index) for index in range(len(entries))]
    return _moving(compiler.bucketing, hashed, nodes)


def _of_targeting_key(compiler: Compiler, newest: bool) -> Node:
    key = compiler.flag_key
    if not newest:
        return lambda data, frame: (
            _hash_text(key + unit)
            if type(data) is dict and isinstance(unit := data.get("targetingKey"), str) and unit
            else None
        )
    # A pair of texts: the head of a list of two, then the key of the flag, never change.
    head, murmur3, cbor = b"\x82" + hashing.cbor(key), hashing.murmur3, hashing.cbor

    def hashed(data: Any, frame: Frame) -> int | None:
        unit = data.get("targetingKey") if type(data) is dict else None
        if not isinstance(unit, str) or not unit:
            return None
        encoded = unit.encode()
        size = len(encoded)
        short = bytes((0x60 | size,)) + encoded if size < 24 else cbor(unit)
        return murmur3(head + short, 0, signed=False)

    return hashed


def _of_rule(compiler: Compiler, call: Call, newest: bool) -> Node:
    node = argument(compiler, call, 0)
    hashed = _hash_json if newest else _hash_text
    if not newest and (key := plain_key(compiler, call.arguments[0], call)) is not None:
        return lambda data, frame: hashed(data.get(key))
    return lambda data, frame: hashed(node(data, frame))


def _weights(entries: list[Any]) -> tuple[list[Any], list[int]] | None:
    """Read variants and weights; None where flagd would give none. Below zero counts as zero."""
    variants, weights = [], []
    for entry in entries:
        if not isinstance(entry, list) or not 1 <= len(entry) <= 2:
            return None
        weight = entry[1] if len(entry) == 2 else 1
        if not isinstance(weight, int) or isinstance(weight, bool):
            return None
        variants.append(entry[0])
        weights.append(max(0, weight))
    total = sum(weights)
    return (variants, weights) if 0 < total <= hashing.MAX_WEIGHT else None


def _fixed(generation: str, hashed: Node, variants: list[Any], weights: list[int]) -> Node:
    total, ends = sum(weights), list(accumulate(weights))
    if generation == "flagd-v1":
        return _fixed_v1(hashed, variants, weights)

    def pick(data: Any, frame: Frame) -> Any:
        value = hashed(data, frame)
        if value is None:
            return None
        bucket = (value * total) >> 32
        if frame.steps is not None:
            frame.detail = {"bucket": bucket, "of": total, "generation": generation}
        return variants[bisect_right(ends, bucket)]

    return pick


def _fixed_v1(hashed: Node, variants: list[Any], weights: list[int]) -> Node:
    ends = list(accumulate(weight * 100 / sum(weights) for weight in weights))

    def pick(data: Any, frame: Frame) -> Any:
        value = hashed(data, frame)
        if value is None:
            return None
        signed = value - 2**32 if value >= 2**31 else value
        bucket = abs(signed) / (2**31 - 1) * 100
        if frame.steps is not None:
            frame.detail = {"bucket": bucket, "of": 100, "generation": "flagd-v1"}
        return next((v for v, end in zip(variants, ends, strict=True) if bucket < end), None)

    return pick


def _moving(generation: str, hashed: Node, nodes: list[Node]) -> Node:
    """Weights or variants are rules themselves."""

    def pick(data: Any, frame: Frame) -> Any:
        weights = _weights([node(data, frame) for node in nodes])
        return _fixed(generation, hashed, *weights)(data, frame) if weights else None

    return pick


def _check_weights(compiler: Compiler, call: Call, entries: list[Any], start: int) -> None:
    if not entries:
        compiler.error(call.place, "arguments", "fractional has nothing to choose from")
    total = 0
    for index, entry in enumerate(entries, start):
        place = call.at(index)
        if not is_literal(entry) and not isinstance(entry, list):
            return
        if not isinstance(entry, list) or not 1 <= len(entry) <= 2:
            compiler.error(place, "weight", "each choice is [variant] or [variant, weight]")
            continue
        weight = entry[1] if len(entry) == 2 else 1
        if not is_literal(weight):
            return
        if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
            compiler.error((place, 1), "weight", f"a whole number from 0 on, not {weight!r}")
            continue
        total += weight
    if total > hashing.MAX_WEIGHT:
        compiler.error(call.place, "weight", f"weights add up to {total}, more than 2147483647")
    elif entries and total == 0:
        compiler.error(call.place, "weight", "weights add up to nothing: it never chooses")


# Unleash's seed of variants.
VARIANT_SEED = 86028157


_TAKE_EMPTY = {"flagsmith", "launchdarkly"}


@operator("septet.bucket")
def bucket(compiler: Compiler, call: Call) -> Node:
    """`{"algorithm": …, "by": rule, …}`: see the README for what each algorithm takes."""
    options = call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(options, dict):
        return compiler.broken(call.place, "arguments", "septet.bucket takes one object")
    name = options.get("algorithm")
    if name not in ALGORITHMS:
        known = ", ".join(sorted(ALGORITHMS))
        return compiler.broken(
            (call.place, "algorithm"), "algorithm", f"one of {known}, not {name!r}"
        )
    rule = options.get("by", {"var": "targetingKey"})
    unit = compiler.node(rule, (call.place, "by"), inner=call.inner)
    try:
        place, choose = ALGORITHMS[name](options), _chooser(options)
    except (TypeError, ValueError, KeyError) as error:
        return compiler.broken(call.place, "arguments", f"{name}: {error!r}")

    def pick(data: Any, frame: Frame) -> Any:
        value = unit(data, frame)
        # Nobody is no unit; to some an empty text is one like any other.
        if value is None or (value == "" and name not in _TAKE_EMPTY):
            return None
        number = place(value)
        if number is None:
            return None
        if frame.steps is not None:
            frame.detail = {"bucket": number, "algorithm": name}
        return choose(number)

    return pick


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _unleash(options: dict[str, Any]) -> Callable[[Any], float]:
    group, size = str(options["group"]), int(options.get("size", 100))
    seed = int(options.get("seed", 0))
    if size < 1:
        raise ValueError("size is at least 1")
    # From 0 on, as with the others; Unleash counts from 1 and takes up to and with the end.
    return lambda value: hashing.normalized_murmur3(group, str(value), size, seed) - 1


def _flagsmith(options: dict[str, Any]) -> Callable[[Any], float]:
    before = [str(each) for each in options.get("ids", [])]
    return lambda value: hashing.flagsmith_percentage([*before, *_texts(value)])


def _growthbook(version: int) -> Algorithm:
    def build(options: dict[str, Any]) -> Callable[[Any], float | None]:
        seed = str(options["seed"])

        def place(value: Any) -> float | None:
            # A number is a unit but zero is none, and nor is true.
            if isinstance(value, bool) or not value or not isinstance(value, str | int | float):
                return None
            return hashing.growthbook(seed, text(value), version)

        return place

    return build


def _launchdarkly(options: dict[str, Any]) -> Callable[[Any], float]:
    seed = options.get("seed")
    prefix = f"{options['key']}.{options['salt']}" if seed is None else str(int(seed))

    def place(value: Any) -> float:
        # Whatever else it is counts as the first of all.
        unit = type(value) is str or type(value) is int
        return hashing.launchdarkly(prefix, str(value)) * 100_000 if unit else 0.0

    return place


def _flagd(options: dict[str, Any]) -> Callable[[Any], float]:
    hashed = _hash_json if options["algorithm"] == "flagd-v3" else _hash_text
    size = int(options.get("size", 100))
    return lambda value: ((hashed(value) or 0) * size) >> 32


ALGORITHMS: dict[str, Algorithm] = {
    "flagd-v2": _flagd,
    "flagd-v3": _flagd,
    "unleash": _unleash,
    "flagsmith": _flagsmith,
    "growthbook-1": _growthbook(1),
    "growthbook-2": _growthbook(2),
    "launchdarkly": _launchdarkly,
}


def _chooser(options: dict[str, Any]) -> Callable[[float], Any]:
    """Map the number by `ranges` ([variant, from, to]) or `split` ([variant, size]), or give it."""
    if "ranges" in options:
        ranges = [(variant, float(low), float(high)) for variant, low, high in options["ranges"]]
    elif "split" in options:
        ends = list(accumulate(float(size) for _, size in options["split"]))
        starts = [0.0, *ends[:-1]]
        variants = [variant for variant, _ in options["split"]]
        ranges = list(zip(variants, starts, ends, strict=True))
    else:
        return lambda number: number
    with_end = options.get("with_end") is True

    def choose(number: float) -> Any:
        for variant, low, high in ranges:
            if low <= number < high or (with_end and number == high):
                return variant
        return None

    return choose
