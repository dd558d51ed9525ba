"""Texts that spreadsheets would compute: guarded, and the same again afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.formulas import guarded, unguarded

SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
#: Texts near to what the rule is about, beside those that have nothing to do with it.
TEXTS = st.text() | st.text(alphabet="'=+-@ \t\r\n\0\uff1d\u00a0\ufeff.1e")


@given(TEXTS)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(TEXTS)
def test_no_spreadsheet_computes_what_was_guarded(text: str) -> None:
    cell = guarded(text)

    assert cell[:1] not in ("\t", "\r", "\n", "\0")
    if cell.lstrip().startswith(SIGNS):
        # It is a number, and one to Python too.
        assert isinstance(float(cell), float)
        assert cell.isascii()


@given(TEXTS)
def test_a_text_that_we_did_not_guard_is_taken_as_it_is_unless_it_looks_so(text: str) -> None:
    assert unguarded(text) in (text, text[1:])
    assert unguarded(text) == text or guarded(unguarded(text)) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("''=1+1", "'''=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("-5", "-5"),
        ("+4912345", "+4912345"),
        ("-1.5e-3", "-1.5e-3"),
        ("-5\n", "'-5\n"),
        ("'-5", "'-5"),
        ("'tis", "'tis"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_only_what_could_be_a_formula_gets_an_apostrophe(text: str, cell: str) -> None:
    assert guarded(text) == cell
