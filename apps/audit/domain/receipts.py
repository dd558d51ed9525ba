"""A receipt: a record, its place in the tree, and the signed checkpoint, for anybody to check."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from apps.audit.domain.cosignatures import WitnessKey, cosignature
from apps.audit.domain.merkle import ProofError, leaf_hash, verify_inclusion
from apps.audit.domain.notes import Checkpoint, NoteError, VerifierKey, opened

FORM = "septet.audit-receipt/1"


class ReceiptError(ValueError):
    """A receipt that does not show what it should."""


def receipt_of(
    record: bytes,
    position: int,
    path: Sequence[bytes],
    note: str,
    keys: Sequence[VerifierKey],
    witnesses: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the receipt as JSON. Who checks it trusts keys from elsewhere, not those in it."""
    return {
        "form": FORM,
        "record": record.decode("utf-8", "replace"),
        "position": position,
        "path": [encoded(one) for one in path],
        "checkpoint": note,
        "keys": [str(key) for key in keys],
        "witnesses": list(witnesses),
    }


def check_receipt(
    receipt: dict[str, Any], keys: Sequence[VerifierKey], witnesses: Sequence[WitnessKey] = ()
) -> Checkpoint:
    """Return the checkpoint that proves the record of a receipt, cosigned by all of the witnesses.

    Raises ReceiptError.
    """
    try:
        if receipt["form"] != FORM:
            raise ReceiptError(f"a receipt of the form {FORM} was expected")
        signed = Checkpoint.parse(opened(receipt["checkpoint"], keys))
        for one in witnesses:
            cosignature(receipt["checkpoint"], receipt["checkpoint"].rpartition("\n\n")[2], one)
        path = [base64.b64decode(one, validate=True) for one in receipt["path"]]
        leaf = leaf_hash(receipt["record"].encode())
        verify_inclusion(leaf, receipt["position"], signed.size, path, signed.root)
    except (NoteError, ProofError, UnicodeEncodeError) as error:
        raise ReceiptError(str(error)) from None
    except (KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ReceiptError(f"this is no receipt: {error}") from None
    return signed


def encoded(data: bytes) -> str:
    """Return bytes as the text that stands for them in JSON."""
    return base64.b64encode(data).decode()
