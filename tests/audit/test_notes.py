"""Signed notes: those of the specification open, and nothing that was forged does."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.domain.notes import (
    Checkpoint,
    NoteError,
    VerifierKey,
    opened,
    public_of,
    sign,
)

# Of the documentation of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SPEECH = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NAME = "septet.example/audit/t1"
TEXT = str(Checkpoint(NAME, 5, bytes(32)))
OLD, NEW = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def key_of(private: Ed25519PrivateKey, name: str = NAME) -> VerifierKey:
    return VerifierKey(name, public_of(private))


def test_a_published_note_opens_with_its_published_key() -> None:
    key = VerifierKey.parse(PETER)

    assert str(key) == PETER
    assert opened(SPEECH, [key]).startswith("If you think cryptography")


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    note = sign(TEXT, NAME, [NEW])

    assert Checkpoint.parse(opened(note, [key_of(NEW)])) == Checkpoint(NAME, 5, bytes(32))


def test_while_a_key_follows_another_either_of_them_is_enough() -> None:
    note = sign(TEXT, NAME, [OLD, NEW])

    assert opened(note, [key_of(OLD)]) == opened(note, [key_of(NEW)]) == TEXT


@pytest.mark.parametrize(
    "known",
    [[], [key_of(OLD)], [key_of(NEW, "another.example/log")]],
    ids=["none", "another key", "another name"],
)
def test_a_note_of_nobody_we_know_is_refused(known: list[VerifierKey]) -> None:
    with pytest.raises(NoteError, match="no known key"):
        opened(sign(TEXT, NAME, [NEW]), known)


@given(st.data())
def test_a_note_with_one_byte_changed_is_refused(data: st.DataObject) -> None:
    note = sign(TEXT, NAME, [NEW]).encode()
    at = data.draw(st.integers(0, len(note) - 1))
    changed = bytearray(note)
    changed[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(NoteError):
        opened(changed.decode("utf-8", "replace"), [key_of(NEW)])


def test_a_wrong_signature_of_a_known_key_spoils_a_good_one() -> None:
    good, bad = sign(TEXT, NAME, [NEW]), sign("other\n", NAME, [OLD])
    both = good + bad.rpartition("\n\n")[2]

    assert opened(both, [key_of(NEW)]) == TEXT
    with pytest.raises(NoteError, match="does not fit"):
        opened(both, [key_of(NEW), key_of(OLD)])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no checkpoint"),
        ("log\n5\n", "no checkpoint"),
        ("\n5\n" + "A" * 43 + "=\n", "no checkpoint"),
        ("log\n05\n" + "A" * 43 + "=\n", "no checkpoint"),
        ("log\n-5\n" + "A" * 43 + "=\n", "no checkpoint"),
        ("log\n5\nAAAA\n", "not 32 bytes"),
        ("log\n5\n*\n", "not base64"),
        ("log\n5\n" + "A" * 42 + "B=\n", "not base64 as it is made"),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        Checkpoint.parse(text)


@pytest.mark.parametrize("name", ["", "two words", "one+two", "a\u2003b"])
def test_a_name_that_would_break_the_format_signs_nothing(name: str) -> None:
    with pytest.raises(NoteError, match="no name of a key"):
        sign(TEXT, name, [NEW])


@pytest.mark.parametrize(
    "text", ["", "a+b", PETER.replace("c74f", "c74e"), PETER.replace("ARpc", "AhpC"), PETER[:-4]]
)
def test_a_text_that_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


def test_a_signature_names_its_key_by_the_hash_of_name_and_key() -> None:
    line = sign(TEXT, NAME, [NEW]).split("\n")[-2]

    assert base64.b64decode(line.split(" ")[2])[:4] == key_of(NEW).id
