"""Signatures of mails by the domain that sends them: DKIM (RFC 6376), rsa-sha256, relaxed."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

#: What says who sends what to whom, and how it is read. RFC 8058, section 4: those of one click.
_SIGNED = (
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
#: Named once more than they are there: nobody adds another (section 5.4).
_ONCE = ("from", "to", "subject", "date", "message-id", "reply-to")
#: RFC 8301, section 3.2.
_LEAST_BITS = 2048
_WORD = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LINE = 70


class SigningKeyError(ValueError):
    """It is no key that mails are signed with."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for a domain; the public key is a record of its DNS, under the selector."""

    HEADER: ClassVar[str] = "DKIM-Signature"

    key: RSAPrivateKey
    domain: str
    selector: str

    @staticmethod
    @lru_cache(maxsize=4)
    def of(pem: str, *, domain: str, selector: str) -> "Signer":
        """Read a key; raises SigningKeyError."""
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError) as error:
            raise SigningKeyError(f"no private key in PEM without a password: {error}") from None
        if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
            raise SigningKeyError(f"expected a key of RSA of at least {_LEAST_BITS} bits")
        if not _WORD.fullmatch(domain) or not _WORD.fullmatch(selector):
            raise SigningKeyError(f"{selector!r} of {domain!r} is no name in the DNS")
        return Signer(key, domain, selector)

    def signature(self, mail: bytes) -> str:
        """Return the value of the header that signs a mail, which has lines that end in CRLF."""
        head, _, body = mail.partition(b"\r\n\r\n")
        headers = _headers(head)
        names = [name for name, _ in headers if name in _SIGNED]
        digest = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode()
        value = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector};"
            f" h={':'.join([*names, *_ONCE])}; bh={digest}; b="
        )
        signed = [f"{name}:{text}\r\n" for name, text in headers if name in _SIGNED]
        text = "".join(signed) + f"{self.HEADER.lower()}:{value}"
        made = self.key.sign(text.encode("utf-8", "surrogateescape"), PKCS1v15(), SHA256())
        code = base64.b64encode(made).decode()
        return value + " ".join(code[at : at + _LINE] for at in range(0, len(code), _LINE))


def _headers(head: bytes) -> list[tuple[str, str]]:
    """Return the headers in the relaxed form of section 3.4.2."""
    text = head.decode("utf-8", "surrogateescape")
    found = []
    for line in re.sub(r"\r\n(?=[ \t])", "", text).split("\r\n"):
        name, _, value = line.partition(":")
        found.append((name.strip().lower(), re.sub(r"[ \t]+", " ", value).strip()))
    return found


def _relaxed_body(body: bytes) -> bytes:
    """Return the body in the relaxed form of section 3.4.4."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)
