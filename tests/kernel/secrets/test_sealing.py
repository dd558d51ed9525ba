"""Envelope encryption: what opens, what does not, and what is never repeated."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kernel.secrets.errors import SecretKeyMissingError, SecretUnreadableError
from kernel.secrets.ring import ring
from kernel.secrets.sealing import Place, is_sealed, key_id_of, seal, unseal
from tests.kernel.secrets.conftest import key_text

HERE = Place("vault", "token", "1")
#: Bytes of the packed part: nonce and wrapped key, its tag, the second nonce, the text, its tag.
CLASSES = {
    "nonce of the data key": range(12),
    "wrapped data key": range(12, 44),
    "tag of the data key": range(44, 60),
    "nonce of the text": range(60, 72),
    "text": range(72, 78),
    "tag of the text": range(78, 94),
}


@hypothesis_settings(deadline=None)
@given(st.text())
def test_what_is_sealed_opens_at_its_place(text: str) -> None:
    sealed = seal(text, HERE)

    assert unseal(sealed, HERE) == text
    assert is_sealed(sealed)
    assert key_id_of(sealed) == "test"


@pytest.mark.parametrize(
    "place",
    [
        Place("vault", "token", "2"),
        Place("vault", "password", "1"),
        Place("other", "token", "1"),
        # The same letters, cut elsewhere.
        Place("vaultt", "oken", "1"),
        Place("vault", "token1", ""),
    ],
)
def test_it_opens_at_no_other_place(place: Place) -> None:
    sealed = seal("secret", HERE)

    with pytest.raises(SecretUnreadableError):
        unseal(sealed, place)


@pytest.mark.parametrize("part", CLASSES)
def test_a_changed_bit_of_any_byte_keeps_it_shut(part: str) -> None:
    version, key_id, text = seal("secret", HERE).split(".")
    packed = _unpacked(text)
    assert len(packed) == 94

    for index in CLASSES[part]:
        for bit in range(8):
            changed = bytearray(packed)
            changed[index] ^= 1 << bit

            with pytest.raises(SecretUnreadableError):
                unseal(f"{version}.{key_id}.{_packed(bytes(changed))}", HERE)


def test_no_character_may_be_spelled_otherwise() -> None:
    sealed = seal("secrets", HERE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. "

    for index in range(len(sealed)):
        for other in alphabet:
            changed = sealed[:index] + other + sealed[index + 1 :]
            if changed != sealed:
                with pytest.raises((SecretUnreadableError, SecretKeyMissingError)):
                    unseal(changed, HERE)
    for changed in (sealed + "=", sealed + "A", sealed[:-1], sealed + "\n", " " + sealed, ""):
        with pytest.raises(SecretUnreadableError):
            unseal(changed, HERE)


def test_the_id_of_the_key_is_bound_too(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"one:{key_text(1)},two:{key_text(1)}"
    sealed = seal("secret", HERE)

    with pytest.raises(SecretUnreadableError):
        unseal(sealed.replace("s1.one.", "s1.two."), HERE)


def test_a_lost_key_is_named(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"old:{key_text(1)}"
    sealed = seal("secret", HERE)
    settings.ENCRYPTION_KEYS = f"new:{key_text(2)}"

    with pytest.raises(
        SecretKeyMissingError, match="the encryption key old is not in the key ring"
    ):
        unseal(sealed, HERE)


def test_an_old_key_still_opens_and_the_first_one_seals(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"old:{key_text(1)}"
    sealed = seal("secret", HERE)
    settings.ENCRYPTION_KEYS = f"new:{key_text(2)}, old:{key_text(1)}"

    assert unseal(sealed, HERE) == "secret"
    assert key_id_of(seal("secret", HERE)) == "new"


def test_no_nonce_and_no_data_key_comes_twice() -> None:
    packed = [_unpacked(seal("secret", HERE).split(".")[2]) for _ in range(5_000)]

    nonces = {one[:12] for one in packed} | {one[60:72] for one in packed}
    assert len(nonces) == 10_000
    assert len({one[12:44] for one in packed}) == 5_000


def test_a_ring_shows_ids_and_no_keys() -> None:
    assert repr(ring()) == "KeyRing(active='test', ids=['test'])"


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _packed(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
