"""The forms in which an address is smuggled past a guard."""

# ruff: noqa: RUF001  that one letter looks like another is what they are for

from ipaddress import IPv4Address, IPv6Address

# --- inside an IPv6 address ---------------------------------------------------------------------


def wrapped(address: IPv4Address) -> dict[str, IPv6Address]:
    """Return the IPv6 addresses that carry this IPv4 address, by the name of the way."""
    bits = int(address)
    return {
        "mapped": IPv6Address(0xFFFF << 32 | bits),
        "compatible": IPv6Address(bits),
        "translated": IPv6Address(0xFFFF << 48 | bits),
        "nat64": IPv6Address(int(IPv6Address("64:ff9b::")) | bits),
        "local nat64": IPv6Address(int(IPv6Address("64:ff9b:1::")) | bits),
        "6to4": IPv6Address(0x2002 << 112 | bits << 80 | 1),
        "teredo client": IPv6Address(
            0x20010000 << 96 | int(IPv4Address("8.8.8.8")) << 64 | bits ^ 0xFFFFFFFF
        ),
        "teredo server": IPv6Address(0x20010000 << 96 | bits << 64 | 0xF7F7F7F7),
        "isatap": IPv6Address(int(IPv6Address("2a00:1450:4001:80b::")) | 0x5EFE << 32 | bits),
        "isatap universal": IPv6Address(
            int(IPv6Address("2a00:1450:4001:80b::")) | 0x02005EFE << 32 | bits
        ),
    }


# --- as the host of a URL -----------------------------------------------------------------------


def spelled(address: IPv4Address) -> dict[str, str]:
    """Return hosts that some parser or C library takes for this address."""
    bits = int(address)
    a, b, c, d = address.packed
    circled = {str(digit): char for digit, char in enumerate("⓪①②③④⑤⑥⑦⑧⑨")}
    full = {str(digit): chr(0xFF10 + digit) for digit in range(10)}
    bold = {str(digit): chr(0x1D7CE + digit) for digit in range(10)}
    text = str(address)
    return {
        "plain": text,
        "decimal": str(bits),
        "hex": hex(bits),
        "capital hex": hex(bits).upper().replace("0X", "0x"),
        "long hex": f"0x{bits:016x}",
        "octal": f"0{bits:o}",
        "dotted hex": f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        "dotted octal": f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        "padded octal": f"{a:04o}.{b:04o}.{c:04o}.{d:04o}",
        "leading zeros": f"{a:03d}.{b:03d}.{c:03d}.{d:03d}",
        "mixed": f"0x{a:x}.{b}.0{c:o}.{d}",
        "two parts": f"{a}.{bits & 0xFFFFFF}",
        "three parts": f"{a}.{b}.{bits & 0xFFFF}",
        "two parts hex": f"0x{a:x}.0x{bits & 0xFFFFFF:x}",
        "final dot": f"{text}.",
        "final dots": f"{text}..",
        "decimal final dot": f"{bits}.",
        "overflow": str(bits + 2**32),
        "circled digits": _letters(text, circled),
        "full-width digits": _letters(text, full),
        "bold digits": _letters(text, bold),
        "ideographic dots": text.replace(".", "。"),
        "full-width dots": text.replace(".", "．"),
        "half-width dots": text.replace(".", "｡"),
        "soft hyphen": text[0] + "\u00ad" + text[1:],
        "zero-width joiner": text[0] + "\u200d" + text[1:],
        "percent-encoded": "".join(f"%{ord(char):02x}" for char in text),
        "percent-encoded dot": text.replace(".", "%2e"),
        "null byte": f"{text}%00.example.com",
        **{f"bracketed {way}": f"[{inner}]" for way, inner in wrapped(address).items()},
        "mapped in dotted form": f"[::ffff:{text}]",
        "mapped in full": f"[0:0:0:0:0:ffff:{text}]",
        "mapped with zone": f"[::ffff:{text}%25lo]",
        "compatible in dotted form": f"[::{text}]",
        "bracketed IPv4": f"[{text}]",
    }


def _letters(text: str, letters: dict[str, str]) -> str:
    return "".join(letters.get(char, char) for char in text)


#: Hosts that mean this machine, its neighbours or nothing.
HOSTS_AS_WRITTEN = (
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost..", "lo\u00adcalhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "localhoſt", "127.1", "127.0.1", "127.127.127.127",
    "127.255.255.255", "0", "00", "0x0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[0000::0001]", "[::1%25lo]", "[::1%lo]", "[fe80::1]", "[fe80::1%25eth0]", "[fd00:ec2::254]",
    "[fec0::1]", "[ff02::1]", "[::ffff:0:0]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[100::1]",
    "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2a00:1450::5efe:7f00:1]", "224.0.0.1",
    "239.255.255.250", "255.255.255.255", "240.0.0.1", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "168.63.129.16.", "1.1.1.1 &@127.0.0.1",
    "", ".", "..", "-", "a..b", ".a", "a.", "xn--", "[",
    "[]", "[1]", "*", "%", "127。0。0。1", "１２７.1", "127.0.0.1.nip.example",
)  # fmt: skip

# --- as a whole URL -----------------------------------------------------------------------------


#: URLs that one parser takes for good.example and another for this host.
_TRICKS = (
    "http://good.example@{there}/",
    "http://good.example:80@{there}/",
    "http://good.example:pass@{there}/",
    "http://@{there}/",
    "http://:@{there}/",
    "http://good.example%40{there}/",
    "http://good.example@{there}@good.example/",
    "http://good.example#@{there}/",
    "http://{there}#@good.example/",
    "http://good.example?@{there}/#",
    "http://good.example\\@{there}/",
    "http://{there}\\@good.example/",
    "http://good.example\\.{there}/",
    "http:\\\\{there}/",
    "http:/\\{there}/",
    "http:/{there}/",
    "http:{there}/",
    "http:///{there}/",
    "http://///{there}/",
    "//{there}/",
    "{there}/",
    "/{there}/",
    " http://{there}/",
    "http://{there}/ ",
    "\thttp://{there}/",
    "ht\ttp://{there}/",
    "http://\t{there}/",
    "http://{host}\t:{port}/",
    "http://\n{there}/",
    "http://{there}\r\nHost: good.example\r\n\r\n/",
    "http://{there}/\r\nX: y",
    "http://{there}/a b",
    "http://good.example {there}/",
    "http://good.example\x00{there}/",
    "http://{there}\x00.good.example/",
    "http://{host}:{port}:80/",
    "http://{host}:80:{port}/",
    "http://{host}:0{port}/",
    "http://{host}:+{port}/",
    "http://{host}:{over}/",
    "http://{host}:-1/",
    "http://{host}:/",
    "http://[{there}/",
    "http://{host}]:{port}/",
    "http://[{host}]:{port}/",
    "http://[::1]good.example:{port}/",
    "http://{host},good.example:{port}/",
    "http://{host};good.example:{port}/",
    "http://{host}%2f.good.example:{port}/",
    "http://{host}%23.good.example:{port}/",
    "HTTP://{there}/",
    "hTtP://{there}/",
)
_SCHEMES = (
    "file", "ftp", "gopher", "dict", "ldap", "ldaps", "tftp", "sftp", "ssh", "telnet", "jar",
    "netdoc", "data", "javascript", "ws", "wss", "unix", "http+unix", "phar", "smb", "blob",
    "view-source", "feed", "urn", "httpx", "https+http",
)  # fmt: skip


def tricks(host: str, port: int) -> list[str]:
    """Return whole URLs that lead to this host in one parser or another."""
    there = f"{host}:{port}"
    written = [
        trick.format(host=host, port=port, there=there, over=port + 65536) for trick in _TRICKS
    ]
    return written + [f"{scheme}://{there}/" for scheme in _SCHEMES]
