"""What each barcode can say."""

from apps.documents.domain.findings import stop
from apps.documents.domain.model.blocks import Barcode

_CODE39 = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%")
_EAN = {"ean13": 13, "ean8": 8}
_MOST = {"code128": 80, "code39": 40, "qr": 1_000}


def checked_barcode(block: Barcode, value: str) -> str:
    """Return what a barcode says, with the check digit of an EAN; raises DocumentError."""
    if block.symbology in _EAN:
        return _ean(block, value)
    problem = ""
    if not value:
        problem = "a barcode of nothing"
    elif len(value.encode()) > _MOST[block.symbology]:
        problem = f"at most {_MOST[block.symbology]} bytes"
    elif block.symbology == "code39" and not set(value) <= _CODE39:
        problem = "capitals, digits and - . $ / + % alone"
    elif block.symbology == "code128" and not (value.isascii() and value.isprintable()):
        problem = "printable ASCII alone"
    if problem:
        stop(
            block.place, "barcode", f"{block.symbology}: {problem}, found {value[:40]!r}", "barcode"
        )
    return value


def _ean(block: Barcode, value: str) -> str:
    digits = _EAN[block.symbology]
    if not (value.isascii() and value.isdecimal() and len(value) in (digits - 1, digits)):
        message = f"{block.symbology}: {digits} digits, found {value[:40]!r}"
        stop(block.place, "barcode", message, "barcode")
    check = _check_digit(value[: digits - 1])
    if len(value) == digits and value[-1] != check:
        message = f"{block.symbology}: the last digit is {check}, found {value!r}"
        stop(block.place, "barcode", message, "barcode")
    return value[: digits - 1] + check


def _check_digit(digits: str) -> str:
    weighed = sum(int(one) * (3 if at % 2 == 0 else 1) for at, one in enumerate(reversed(digits)))
    return str(-weighed % 10)
