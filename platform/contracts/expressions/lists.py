"""Functions of lists; many take `item => …` for what of each item they look at."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from contracts.expressions.signatures import Arguments, Function, table
from contracts.expressions.values import ARITHMETIC, Value, kind, plain, truth

_ORDERABLE = frozenset(("number", "text", "date", "datetime"))


def _sum(given: Arguments) -> Value:
    """Nulls are left out: a line without a price adds nothing."""
    total = Decimal(0)
    for item in given.items(0):
        if isinstance(item, Decimal):
            total = ARITHMETIC.add(total, item)
        elif item is not None:
            given.fail("type", f"`{given.name}` takes numbers, found a {kind(item)}")
    return total


def _average(given: Arguments) -> Value:
    numbers = [item for item in given.items(0) if item is not None]
    if not numbers:
        return None
    return ARITHMETIC.divide(_total(given, numbers), Decimal(len(numbers)))


def _total(given: Arguments, numbers: Sequence[Value]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        if not isinstance(number, Decimal):
            given.fail("type", f"`{given.name}` takes numbers, found a {kind(number)}")
        total = ARITHMETIC.add(total, number)
    return total


def _extreme(choose: Callable[..., Value]) -> Callable[[Arguments], Value]:
    def extreme(given: Arguments) -> Value:
        values = _alike(given, [item for item in given.items(0) if item is not None])
        return choose(values) if values else None

    return extreme


def _alike(given: Arguments, values: list[Value]) -> list[Value]:
    kinds = {kind(value) for value in values}
    if len(kinds) > 1 or not kinds <= _ORDERABLE:
        given.fail(
            "type", f"`{given.name}` compares values alike, found {', '.join(sorted(kinds))}"
        )
    return values


def _join(given: Arguments) -> Value:
    separator, parts = given.text(1, absent=", "), []
    each = given.each(2)
    for item in given.list(0):
        value = given.item(each, item)
        if kind(value) in ("list", "object"):
            given.fail("type", f"a {kind(value)} is no text: give `item => item.name` as third")
        part = plain(value)
        given.frame.build(len(part) + len(separator), given.at)
        parts.append(part)
    return separator.join(parts)


def _sort(given: Arguments) -> Value:
    """Stable; nulls come last, and `"descending"` turns all but them around."""
    items, each = list(given.list(0)), given.each(1)
    given.frame.spend(len(items) * len(items).bit_length() >> 2, given.at)
    keyed = [(given.item(each, item), item) for item in items]
    _alike(given, [key for key, _ in keyed if key is not None])
    way = given.text(2, absent="ascending")
    if way not in ("ascending", "descending"):
        given.fail("value", "a list is sorted `ascending` or `descending`")
    known = [pair for pair in keyed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=way == "descending")  # type: ignore[arg-type, return-value]  # alike and orderable
    return [item for _, item in known] + [item for key, item in keyed if key is None]


def _filter(given: Arguments) -> Value:
    each = given.each(1)
    return [item for item in given.list(0) if truth(given.item(each, item))]


def _map(given: Arguments) -> Value:
    return list(given.items(0))


def _distinct(given: Arguments) -> Value:
    seen: set[object] = set()
    found = []
    for item in given.items(0):
        if kind(item) in ("list", "object"):
            given.fail("type", f"`distinct` takes texts, numbers and dates, found a {kind(item)}")
        if (key := (kind(item), item)) not in seen:
            seen.add(key)
            found.append(item)
    return found


def _slice(given: Arguments) -> Value:
    most = given.frame.limits.list_length
    items, start = given.list(0), given.whole(1, 0, most)
    return items[start : start + given.whole(2, 0, most, absent=most)]


def _group(given: Arguments) -> Value:
    """Return `key` and `items` of each key, in the order in which keys are met."""
    each, items = given.each(1), given.list(0)
    found: dict[tuple[str, Value], list[Value]] = {}
    given.frame.build(len(items), given.at)
    for item in items:
        key = given.item(each, item)
        if kind(key) in ("list", "object"):
            given.fail("type", f"`group` takes texts, numbers and dates, found a {kind(key)}")
        found.setdefault((kind(key), key), []).append(item)
    return [{"key": key, "items": some} for (_, key), some in found.items()]


def _chunk(given: Arguments) -> Value:
    """Return lists of so many items each, the last of what is left."""
    items, size = given.list(0), given.whole(1, 1, given.frame.limits.list_length)
    given.frame.build(len(items), given.at)
    return [items[at : at + size] for at in range(0, len(items), size)]


def _count(given: Arguments) -> Value:
    each = given.each(1)
    if each is None:
        return Decimal(len(given.list(0)))
    return Decimal(sum(truth(given.item(each, item)) for item in given.list(0)))


def _end(position: int) -> Callable[[Arguments], Value]:
    def end(given: Arguments) -> Value:
        items = given.list(0)
        return given.item(None, items[position]) if items else None

    return end


LISTS = table(
    Function("sum", _sum, 1, 2, "number", each=1),
    Function("avg", _average, 1, 2, "number", each=1),
    Function("count", _count, 1, 2, "number", each=1),
    Function("min", _extreme(min), 1, 2, "any", each=1),
    Function("max", _extreme(max), 1, 2, "any", each=1),
    Function("join", _join, 1, 3, "text", each=2),
    Function("sort", _sort, 1, 3, "list", each=1),
    Function("filter", _filter, 2, 2, "list", each=1),
    Function("map", _map, 2, 2, "list", each=1),
    Function("distinct", _distinct, 1, 2, "list", each=1),
    Function("slice", _slice, 2, 3, "list"),
    Function("group", _group, 2, 2, "list", each=1),
    Function("chunk", _chunk, 2, 2, "list"),
    Function("reverse", lambda given: list(reversed(given.list(0))), 1, 1, "list"),
    Function("first", _end(0), 1, 1, "any"),
    Function("last", _end(-1), 1, 1, "any"),
    Function("any", lambda given: any(truth(one) for one in given.items(0)), 1, 2, "boolean", 1),
    Function("all", lambda given: all(truth(one) for one in given.items(0)), 1, 2, "boolean", 1),
)
