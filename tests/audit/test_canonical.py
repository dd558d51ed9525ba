"""The canonical form of JSON: the RFC's own examples, and no two values with one form."""

import json
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.domain import canonical as module
from apps.audit.domain.canonical import CanonicalError, canonical

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

# RFC 8785, appendix B: the bits of a double, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

# The published test data of the RFC's author (cyberphone/json-canonicalization).
DOCUMENTS: list[tuple[str, str]] = [
    (
        (
            r'{"\u20ac":"Euro Sign","\r":"Carriage Return",'
            r'"\ufb33":"Hebrew Letter Dalet With Dagesh",'
            r'"1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",'
            r'"\u00f6":"Latin Small Letter O With Diaeresis"}'
        ),
        (
            '{"\\r":"Carriage Return","1":"One","\u0080":"Control",'
            '"ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",'
            '"😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
    (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r'"string": "\u20ac$\u000F\u000aA' + r"'\u0042\u0022\u005c\\\"\/" + '",'
        '"literals": [null, true, false]}',
        (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ),
    ),
    (
        (
            '{"1": {"f": {"f": "hi","F": 5} ,"\\n": 56.0}, "10": { }, "": "empty", "a": { },'
            ' "111": [ {"e": "yes","E": "no" } ], "A": { }}'
        ),
        (
            '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],'
            '"A":{},"a":{}}'
        ),
    ),
    (
        '[56, {"d": true, "10": null, "1": [ ] }]',
        '[56,{"1":[],"10":null,"d":true}]',
    ),
    ('{"Unnormalized Unicode":"A\\u030a"}', '{"Unnormalized Unicode":"A\u030a"}'),
    ('["\\u2028\\u2029\\u007f"]', '["\u2028\u2029\x7f"]'),
]


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_number_is_written_as_the_rfc_writes_it(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(number) == text.encode()


@pytest.mark.parametrize(("told", "form"), DOCUMENTS)
def test_a_document_has_the_published_form(told: str, form: str) -> None:
    assert canonical(json.loads(told)) == form.encode()


@given(VALUES)
def test_the_form_tells_the_value_and_is_its_own_form(value: Any) -> None:
    form = canonical(value)

    # Other programs read every number as a double; Python would keep long integers as they are.
    read = json.loads(form, parse_int=lambda text: int(text) if len(text) < 17 else float(text))
    assert read == value
    assert canonical(json.loads(form)) == form


@given(VALUES)
def test_the_fast_encoder_writes_what_the_slow_one_writes(value: Any) -> None:
    assert canonical(value) == module._text(value).encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_that_a_database_gives_back_as_an_integer_keeps_its_form(number: float) -> None:
    # jsonb keeps 1e22 as a numeric, which Python reads as an integer.
    text = json.dumps(number)
    digits = f"{Decimal(text):f}"
    read = json.loads(digits)

    assert canonical(read) == canonical(number)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (2**53 + 1, "more digits than a double holds"),
        (10**400, "more digits than a double holds"),
        (float("nan"), "JSON holds no nan"),
        (float("inf"), "JSON holds no inf"),
        ("\ud800", "half of a surrogate pair"),
        ({"\udfff": 1}, "half of a surrogate pair"),
        ({1: 2}, "a key of an object is no text"),
        ({"a": b""}, "JSON holds no bytes"),
        (json.loads("[" * 102 + "]" * 102), "nested deeper than 100"),
        ([1.5, json.loads("[" * 500 + "]" * 500)], "nested deeper than 100"),
    ],
)
def test_what_other_programs_would_read_otherwise_has_no_form(value: Any, why: str) -> None:
    with pytest.raises(CanonicalError, match=why):
        canonical(value)
