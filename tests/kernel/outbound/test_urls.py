"""URLs that may be called, taken apart; those that may not are in `test_ssrf`."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
import urllib3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.urls import MOST_CHARACTERS, follow, parse

#: Pieces of URLs, good and bad, of which anything may be put together.
PIECES = st.sampled_from(
    [
        "http", "https", "file", ":", "/", "//", "://", "@", "#", "?", "\\", "[", "]", "%", ".",
        "-", "_", "example.com", "EXAMPLE.com", "127.0.0.1", "::1", "8.8.8.8", "0x7f", "80", "443",
        "a", "ü", "①", "。", "\u00ad", "\t", "\n", " ", "\0", "%2e", "%00", "&", "=", "~", "*",
        "'", '"', "<", "xn--",
    ]
)  # fmt: skip
urls = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=12).map(lambda pieces: "http://" + "".join(pieces)),
)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://example.com", "https://example.com", "/"),
        (
            "HTTPS://Example.COM:443/a/../b?c=d&e[]=%20",
            "https://example.com",
            "/a/../b?c=d&e[]=%20",
        ),
        ("http://example.com:80?x", "http://example.com", "/?x"),
        ("http://example.com:8080/", "http://example.com:8080", "/"),
        ("https://example.com:80/", "https://example.com:80", "/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", "/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example", "/"),
        ("https://faß.example/", "https://xn--fa-hia.example", "/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example", "/"),
        ("https://a_b.example/", "https://a_b.example", "/"),
        ("https://1.example/", "https://1.example", "/"),
        ("https://0x.a1/", "https://0x.a1", "/"),
        ("https://8.8.8.8/", "https://8.8.8.8", "/"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443", "/x"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]", "/"),
    ],
)
def test_a_good_url_is_taken_apart(url: str, origin: str, path: str) -> None:
    target = parse(url)

    assert (target.origin, target.path) == (origin, path)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/c?d", "https://example.com/c?d"),
        ("c", "https://example.com/a/c"),
        ("../c", "https://example.com/c"),
        ("?c", "https://example.com/a/b?c"),
        ("//other.example/c", "https://other.example/c"),
        ("http://other.example", "http://other.example/"),
        ("#part", "https://example.com/a/b"),
    ],
)
def test_a_redirect_leads_where_http_says(location: str, expected: str) -> None:
    assert follow(parse("https://example.com/a/b"), location).url == expected


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://user:password@example.com/", "userinfo"),
        ("https://user@8.8.8.8/", "userinfo"),
        ("ftp://example.com/", "scheme"),
        ("https://example.com/#part", "url"),
        ("https://example.com/ü", "url"),
        ("https://example.com/a\tb", "url"),
        ("https://example.com:65536/", "port"),
        ("https://①.①.①.①/", "host"),
        ("https://1.1/", "host"),
        ("https://0x8080808/", "host"),
        ("https://example.com./", "host"),
    ],
)
def test_a_url_to_a_public_place_is_refused_for_its_form_alone(url: str, rule: str) -> None:
    with pytest.raises(OutboundRefusedError) as caught:
        parse(url)
    assert caught.value.rule == rule


@pytest.mark.parametrize("location", ["/a\tb", "\n/a", "/a b", "/\\a", "http://[8.8.8.8/", "/ü"])
def test_a_redirect_is_held_to_the_same_form(location: str) -> None:
    with pytest.raises(OutboundRefusedError) as caught:
        follow(parse("https://example.com/"), location)
    assert caught.value.rule == "url"


def test_a_url_has_an_end() -> None:
    start = "https://example.com/"
    assert parse(start + "x" * (MOST_CHARACTERS - len(start))).host == "example.com"

    with pytest.raises(OutboundRefusedError, match="at most 4000 characters"):
        parse(start + "x" * (MOST_CHARACTERS - len(start) + 1))


@settings(deadline=None, max_examples=500)
@given(urls)
@example("http://a@b")
@example("http://[::1%25lo]/")
@example("http://8.8.8.8./")
def test_any_text_is_taken_in_one_way_only_or_refused(url: str) -> None:
    try:
        target = parse(url)
    except OutboundRefusedError:
        return

    # Written anew it is the same, and other parsers see the same host and port in it.
    assert parse(target.url) == target
    assert target.url.isascii()
    other, another = urlsplit(target.url), urllib3.util.parse_url(target.url)
    assert (other.hostname, other.username, other.fragment) == (target.host, None, "")
    assert (another.auth, (another.host or "").strip("[]")) == (None, target.host)
    for port in (other.port, another.port):
        assert port in {target.port, None}
    # Also in the text as it was given, when that is ASCII.
    if url.isascii():
        host = urlsplit(url).hostname or ""
        assert (str(ip_address(host)) if ":" in host else host) == target.host
