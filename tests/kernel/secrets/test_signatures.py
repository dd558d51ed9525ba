"""A signature holds for one text, one purpose, and as long as its key is in the ring."""

from pathlib import Path

import pytest

from kernel.secrets import ring
from kernel.secrets.signatures import BadSignatureError, check_signature, sign


def test_it_holds_for_its_text_and_its_purpose_alone(ring_file: Path) -> None:
    signature = sign("one", purpose="view")

    check_signature("one", signature, purpose="view")
    for text, purpose in (("two", "view"), ("one", "download"), ("", "view")):
        with pytest.raises(BadSignatureError):
            check_signature(text, signature, purpose=purpose)


@pytest.mark.parametrize("signature", ["", ":", "none:AAAA", "é:é", "x" * 5_000, "{}:AAAA", "{}:"])
def test_what_is_none_is_refused(ring_file: Path, signature: str) -> None:
    active = sign("one", purpose="view").partition(":")[0]

    with pytest.raises(BadSignatureError):
        check_signature("one", signature.format(active), purpose="view")


def test_it_holds_over_a_rotation_until_its_key_is_gone(ring_file: Path) -> None:
    signature = sign("one", purpose="view")
    first = signature.partition(":")[0]

    ring.change(ring_file, ring.with_new_key)
    check_signature("one", signature, purpose="view")
    assert sign("one", purpose="view").partition(":")[0] != first

    ring.change(ring_file, lambda keys: ring.without(keys, first))
    with pytest.raises(BadSignatureError):
        check_signature("one", signature, purpose="view")
