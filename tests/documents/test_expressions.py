"""Values of templates: what they come to, what is refused and where."""

import datetime as dt
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.documents.domain.expressions.compiling import compile_expression
from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.limits import Limits
from contracts.expressions.errors import ExpressionError
from contracts.expressions.parsing import parse_expression
from contracts.expressions.values import Value

LIMITS = Limits(steps=200_000, built=100_000)
DATA: dict[str, Any] = {
    "name": "Ärzte",
    "none": None,
    "zero": 0,
    "day": "2024-02-29",
    "moment": "2024-01-01T23:30:00Z",
    "lines": [
        {"kind": "b", "qty": 2, "price": 9.5},
        {"kind": "a", "qty": 3, "price": 1.1},
        {"kind": "b", "qty": None, "price": 0.1},
    ],
    "many": list(range(1_000)),
}


def value_of(expression: str, data: dict[str, Any] | None = None) -> Value:
    place = Locale("de_DE", "EUR", "Europe/Berlin")
    frame = Frame(DATA if data is None else data, LIMITS, locale=place)
    return compile_expression(parse_expression(expression, LIMITS))(frame)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 % 4 - -2", 5),
        ("0.1 + 0.2 == 0.3", True),
        ("lines[0].price + lines[2].price", Decimal("9.6")),
        ("not zero == 1 and true", True),
        ("none ?? 'x'", "x"),
        ("absent.field.deeper", None),
        ("lines[-1].kind", "b"),
        ("lines[9]", None),
        ("lines[0]['qty']", 2),
        ("zero ? 'yes' : none ? 'no' : 'neither'", "neither"),
        ("'a' in ['a', 'b'] && 'rzt' in name", True),
        ("name + '!'", "Ärzte!"),
        (r"""'it\'s' + "\n" """, "it's\n"),
        ("sum(lines, line => line.price * (line.qty ?? 0))", Decimal("22.3")),
        ("count(lines, l => l.kind == 'b')", 2),
        ("avg(lines, l => l.qty)", Decimal("2.5")),
        ("max(lines, l => l.qty)", 3),
        ("min([])", None),
        ("join(distinct(lines, l => l.kind), '/')", "b/a"),
        ("join(group(lines, l => l.kind), '/', g => g.key + text(count(g.items)))", "b2/a1"),
        ("join(chunk([1, 2, 3], 2), '/', c => text(count(c)))", "2/1"),
        ("lines == null", False),
        ("null != lines[0]", True),
        ("sort(lines, l => l.qty, 'descending') | map(l => l.qty) | first", 3),
        ("filter(lines, l => (l.qty ?? 0) > 2) | count", 1),
        ("map(lines, l => map(lines, m => l.kind + m.kind))[0][1]", "ba"),
        ("any(lines, l => l.qty == 3) and not all(lines, l => l.qty)", True),
        ("round(2.5) + round(-1.005, 2)", Decimal("1.99")),
        ("upper('straße') | lower | capital", "Strasse"),
        ("replace('aXbX', 'X', '--')", "a--b--"),
        ("split('a,b', ',')[1]", "b"),
        ("substring(name, 1, 2)", "rz"),
        ("pad(7, 3, '0')", "007"),
        ("length(name) + length(lines)", 8),
        ("to_number(' 12.50 ')", Decimal("12.50")),
        ("add_months(day, 12)", dt.date(2025, 2, 28)),
        ("days_between(day, add_days(day, 30))", 30),
        ("year(day) * 100 + month(day)", 202402),
        ("to_date(day) < add_days(day, 1)", True),
        ("number(1234567.891, 2)", "1.234.567,89"),
        ("1234.5 | number", "1.234,5"),
        ("currency(1234.5)", "1.234,50\xa0€"),
        ("currency(5, 'JPY')", "5\xa0¥"),
        ("percent(0.195, 1)", "19,5\xa0%"),
        ("date(day, 'long')", "29. Februar 2024"),
        ("date(moment, 'yyyy-MM-dd')", "2024-01-02"),
        ("time(moment)", "00:30"),
        ("unit(3, 'kilometer')", "3 Kilometer"),
        ("plural(1, 'one', 'Kiste', 'other', 'Kisten')", "Kiste"),
        ("text(1.50)", "1.50"),
        ("currency(none)", ""),
    ],
)
def test_expressions_come_to_values(expression: str, value: object) -> None:
    assert value_of(expression) == value


@pytest.mark.parametrize(
    ("expression", "at", "code"),
    [
        ("", 0, "syntax"),
        ("1 +", 3, "syntax"),
        ("'abc", 0, "syntax"),
        ("a $ b", 2, "syntax"),
        ("(1", 2, "syntax"),
        ("1 < 2 < 3", 6, "syntax"),
        ("a ? b", 5, "syntax"),
        ("1 => 2", 2, "syntax"),
        ("map(lines, 1 => 2)", 11, "syntax"),
        ("map(lines, name)", 11, "function"),
        ("upper(x => x)", 6, "function"),
        ("nothing(1)", 0, "function"),
        ("upper()", 0, "arguments"),
        ("name.first", 5, "type"),
        ("1 + 'a'", 2, "type"),
        ("none * 2", 5, "type"),
        ("name < 1", 5, "type"),
        ("lines == lines", 6, "type"),
        ("sum(lines, l => l.kind)", 0, "type"),
        ("1 / zero", 2, "division"),
        ("1 % zero", 2, "division"),
        ("to_number('1e9')", 0, "value"),
        ("to_number('٣')", 0, "value"),
        ("date('2024-02-30')", 0, "value"),
        ("date(day, 'QQQQQQQQ')", 0, "value"),
        ("currency(1, 'EURO')", 0, "value"),
        ("unit(1, 'parsecs-of-doom')", 0, "value"),
        ("text(lines)", 0, "type"),
        ("9" * 35, 0, "size"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(expression: str, at: int, code: str) -> None:
    with pytest.raises(ExpressionError) as told:
        value_of(expression)

    assert (told.value.at, told.value.code) == (at, code)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("name.__class__", "type"),
        ("lines.__len__", "type"),
        ("''.format", "type"),
        ("__import__('os')", "function"),
        ("eval('1')", "function"),
        ("map(lines, l => l.__class__.__mro__) | count", None),
        ("lines[0].keys", None),
        ("(" * 500 + "1" + ")" * 500, "depth"),
        ("[" * 500 + "]" * 500, "depth"),
        ("-" * 500 + "1", "depth"),
        ("not " * 400 + "1", "depth"),
        ("+".join(["1"] * 900), "size"),
        ("a" + ".a" * 900, "size"),
        ("1 ? " * 300 + "1" + " : 1" * 300, "depth"),
        ("x" * 5_000, "size"),
        ("map(many, a => map(many, b => map(many, c => 1)))", "budget"),
        ("count(many, a => any(many, b => any(many, c => false)))", "budget"),
        ("map(many, a => pad('', 1000))", "size"),
        ("replace(replace(join(many), '1', join(many)), '1', join(many))", "size"),
        ("join(map(many, a => join(many)))", "size"),
        ("map(many, a => many[0] + 1) | map(a => join(many, pad('', 1000)))", "size"),
        ("round(1, 20) | round(-20) | pad(1001)", "type"),
        ("add_days('9999-12-31', 1)", "overflow"),
        ("add_months('0001-01-01', -1)", "overflow"),
        ("number(1" + "0" * 33 + " * 10)", "overflow"),
        ("in.x", "syntax"),
    ],
)
def test_hostile_expressions_reach_nothing_and_end_within_their_budget(
    expression: str, code: str | None
) -> None:
    if code is None:
        assert value_of(expression) in (None, 3)
        return

    with pytest.raises(ExpressionError) as told:
        value_of(expression)

    assert told.value.code == code


ORACLE = Context(prec=34)
NUMBERS = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False)


def arithmetic(depth: int) -> st.SearchStrategy[tuple[str, Decimal]]:
    """Return expressions, each with what Python's Decimal makes of it."""
    plain = NUMBERS.map(lambda number: (format(number, "f"), number))
    if not depth:
        return plain
    part = arithmetic(depth - 1)

    def joined(drawn: tuple[tuple[str, Decimal], str, tuple[str, Decimal]]) -> tuple[str, Decimal]:
        (left, one), sign, (right, other) = drawn
        if sign == "/" and not other:
            sign = "+"
        compute = {
            "+": ORACLE.add,
            "-": ORACLE.subtract,
            "*": ORACLE.multiply,
            "/": ORACLE.divide,
        }[sign]
        return f"({left} {sign} {right})", compute(one, other)

    return plain | st.tuples(part, st.sampled_from("+-*/"), part).map(joined)


@given(arithmetic(4))
def test_arithmetic_is_that_of_decimals(drawn: tuple[str, Decimal]) -> None:
    expression, value = drawn

    assert value_of(expression) == value


@given(st.lists(NUMBERS | st.none()))
def test_lists_add_up_as_decimals_do(numbers: list[Decimal | None]) -> None:
    known = [number for number in numbers if number is not None]

    total = Decimal(0)
    for number in known:
        total = ORACLE.add(total, number)

    assert value_of("sum(numbers)", {"numbers": numbers}) == total
    assert value_of("max(numbers)", {"numbers": numbers}) == max(known, default=None)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value_of(text)
    except ExpressionError as error:
        assert 0 <= error.at <= len(text)  # noqa: PT017  # some texts are read


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_text_can_be_written_in_quotes(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')

    assert value_of(f'"{escaped}"') == text
