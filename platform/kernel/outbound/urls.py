"""URLs as we take them: one spelling for one address, or none."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urljoin

import idna

from kernel.outbound.addresses import Address
from kernel.outbound.errors import OutboundRefusedError

MOST_CHARACTERS = 4_000
DEFAULT_PORTS = {"http": 80, "https": 443, "sftp": 22}
#: What a URL that somebody gives may begin with; the others have an address in parts.
_CALLED = ("http", "https")
# RFC 3986, appendix B; what each part may hold is looked at afterwards.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(:(?P<port>[1-9][0-9]{0,4}))?")
#: Space and what is below, DEL, and the sign that some parsers take for a slash.
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
#: What browsers and C libraries read as a part of an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """An address to call, taken apart: nothing of it has to be parsed again."""

    scheme: str
    #: In ASCII and lower case; an IPv6 address without brackets.
    host: str
    port: int
    #: Path and query as they are sent.
    path: str
    #: Set when the host is an address and no name.
    address: Address | None

    @property
    def origin(self) -> str:
        """Scheme, host and port: all of it that a log may hold."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}"

    @property
    def url(self) -> str:
        return self.origin + self.path


def parse(url: str) -> Target:
    """Take an absolute http or https URL apart; raises OutboundRefusedError for any other."""
    if len(url) > MOST_CHARACTERS:
        raise OutboundRefusedError("url", f"a URL has at most {MOST_CHARACTERS} characters")
    if _NEVER.search(url):
        raise OutboundRefusedError("url", "a URL holds no spaces, controls or backslashes")
    match = _URL.fullmatch(url)
    if match is None:
        raise OutboundRefusedError("url", "a URL begins with https:// or http:// and a host")
    scheme = match["scheme"].lower()
    if scheme not in _CALLED:
        raise OutboundRefusedError("scheme", f"only http and https are called, found {scheme[:20]}")
    if match["fragment"] is not None:
        raise OutboundRefusedError("url", "a fragment is never sent: leave out # and what follows")
    path = (match["path"] or "/") + (match["query"] or "")
    if not path.isascii():
        raise OutboundRefusedError("url", "path and query are ASCII: percent-encode the rest")
    host, port = _authority(match["authority"])
    address = _address(host)
    return Target(
        scheme,
        str(address) if address else _name(host),
        port or DEFAULT_PORTS[scheme],
        path,
        address,
    )


def place(scheme: str, host: str, port: int) -> Target:
    """Return where a protocol beside HTTP is spoken; raises OutboundRefusedError for no host."""
    address = _address(bracketed(host))
    return Target(scheme, str(address) if address else _name(host), port, "", address)


def follow(base: Target, location: str) -> Target:
    """Return where a redirect leads; raises OutboundRefusedError as `parse` does."""
    # `urljoin` would leave out what we refuse.
    if _NEVER.search(location):
        raise OutboundRefusedError("url", "a URL holds no spaces, controls or backslashes")
    try:
        # A reference may hold a fragment: it is for whoever shows the page.
        joined = urljoin(base.url, location.partition("#")[0])
    except ValueError:
        raise OutboundRefusedError("url", "a redirect leads to what is no URL") from None
    return parse(joined)


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def normal_host(text: str) -> str:
    """Return a host as `Target.host` has it; raises OutboundRefusedError for what is none."""
    host, _ = _authority(text)
    address = _address(host)
    return str(address) if address else _name(host)


def _authority(text: str) -> tuple[str, int | None]:
    if "@" in text:
        raise OutboundRefusedError("userinfo", "a URL holds no user or password: use a header")
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise OutboundRefusedError("host", "after :// come a host and perhaps a port from 1 on")
    port = int(match["port"]) if match["port"] else None
    if port is not None and port > 65535:
        raise OutboundRefusedError("port", f"a port is at most 65535, found {port}")
    return match["host"], port


def _address(host: str) -> Address | None:
    """Return the address that a host is, None for a name; raises for another spelling of one."""
    if host.startswith("["):
        try:
            return IPv6Address(host[1:-1])
        except AddressValueError:
            raise OutboundRefusedError("host", f"{host[:60]} is no IPv6 address") from None
    # Digits of other scripts are digits too, and so are some of their dots full stops.
    plain = host if host.isascii() else _ascii(host)
    if not _NUMBER.fullmatch(plain.rstrip(".").rpartition(".")[2]):
        return None
    try:
        address = IPv4Address(plain)
    except AddressValueError:
        address = None
    if address is None or host != plain:
        raise OutboundRefusedError(
            "host", "an IPv4 address is written as four decimal numbers in ASCII, such as 192.0.2.1"
        )
    return address


def _name(host: str) -> str:
    name = _ascii(host) if not host.isascii() else host.lower()
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise OutboundRefusedError(
            "host", "a host is letters, digits and hyphens with dots between, and none at the end"
        )
    return name


def _ascii(host: str) -> str:
    """Return the form of a host that is asked of the DNS (IDNA 2008 after UTS 46)."""
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode().lower()
    except idna.IDNAError as error:
        raise OutboundRefusedError("host", f"the host is no domain name: {error}") from None
