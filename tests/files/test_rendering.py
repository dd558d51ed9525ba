"""What is made of bytes in the sandbox, as it is in production; and what hostile ones come to."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageCms, ImageDraw

from kernel.sandbox import Answer, Limits, Sandbox, SandboxError
from tests.files.pictures import (
    bomb_png,
    docx,
    image,
    odt,
    opened,
    pdf,
    recursive_pdf,
    saved,
    xlsx,
    zipped,
)

LIMITS = Limits(memory_bytes=600_000_000, cpu_seconds=10, seconds=20.0, output_bytes=50_000_000)
PICTURE: dict[str, Any] = {"sizes": [1024, 256], "most_pixels": 100_000_000}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The one for all tests here."""
    made = Sandbox("apps.files.domain.rendering")
    yield made
    made.close()


def run(sandbox: Sandbox, function: str, data: bytes, **more: Any) -> Answer:
    limits = more.pop("limits", LIMITS)
    return sandbox.run(function, [data], size=len(data), limits=limits, arguments=more)


def text(sandbox: Sandbox, function: str, data: bytes, characters: int = 1_000) -> str:
    return run(sandbox, function, data, characters=characters).parts[0].decode()


def code(sandbox: Sandbox, function: str, data: bytes, **more: Any) -> str:
    begun = time.monotonic()
    with pytest.raises(SandboxError) as raised:
        run(sandbox, function, data, **more)
    assert time.monotonic() - begun < 15
    # The next is not touched by it.
    assert run(sandbox, "picture", image(size=(8, 4)), **PICTURE).told["sizes"] == [[8, 4], [8, 4]]
    return raised.value.code


@pytest.mark.parametrize(
    ("kind", "mode", "colour"),
    [
        ("PNG", "RGB", "navy"),
        ("PNG", "L", 20),
        ("PNG", "1", 1),
        ("PNG", "I;16", 5_000),
        ("PNG", "P", 3),
        ("JPEG", "RGB", "navy"),
        ("JPEG", "CMYK", (200, 100, 0, 50)),
        ("GIF", "P", 3),
        ("TIFF", "RGB", "navy"),
        ("WEBP", "RGB", "navy"),
        ("AVIF", "RGB", "navy"),
    ],
)
def test_all_kinds_become_small(sandbox: Sandbox, kind: str, mode: str, colour: Any) -> None:
    answer = run(sandbox, "picture", image(kind, mode=mode, colour=colour), **PICTURE)

    assert answer.told["sizes"] == [[1024, 512], [256, 128]]
    for part, size in zip(answer.parts, [(1024, 512), (256, 128)], strict=True):
        made = opened(part)
        assert (made.format, made.size) == ("WEBP", size)


def test_what_can_be_seen_through_stays_so(sandbox: Sandbox) -> None:
    data = image(mode="RGBA", colour=(255, 0, 0, 0))

    small = opened(run(sandbox, "picture", data, **PICTURE).parts[1])

    assert small.mode == "RGBA"
    assert small.getchannel("A").getextrema() == (0, 0)


def test_an_image_stands_upright_and_tells_nothing_of_its_maker(sandbox: Sandbox) -> None:
    made = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(made).rectangle((0, 0, 299, 299), fill="red")
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter, clockwise
    exif[0x010F] = "Maker of secrets"
    data = saved(made, "JPEG", exif=exif, comment=b"secret", quality=95)

    part = run(sandbox, "picture", data, **PICTURE).parts[0]

    small = opened(part).convert("RGB")
    assert small.size == (300, 600)
    top, bottom = small.getpixel((150, 50)), small.getpixel((150, 550))
    assert (top[0] > 200 and top[1] < 60, min(bottom) > 200) == (True, True)  # type: ignore[index, arg-type]
    assert b"secret" not in part
    assert {"exif", "xmp", "icc_profile"}.isdisjoint(opened(part).info)


def test_colours_are_those_of_its_profile(sandbox: Sandbox) -> None:
    # One that calls blue what others call red.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    with_one = image(colour=(120, 60, 30), icc_profile=profile)
    wrong = image(colour=(120, 60, 30), icc_profile=b"no profile")

    shown, plain = (
        opened(run(sandbox, "picture", data, **PICTURE).parts[1]).convert("RGB").getpixel((9, 9))
        for data in (with_one, wrong)
    )

    red, _, blue = shown  # type: ignore[misc]
    assert blue > 2 * red
    assert all(abs(a - b) < 8 for a, b in zip(plain, (120, 60, 30), strict=True))  # type: ignore[arg-type]


def test_of_many_frames_the_first_is_shown(sandbox: Sandbox) -> None:
    frames = [Image.new("RGB", (64, 32), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    small = opened(run(sandbox, "picture", data, **PICTURE).parts[1])

    assert getattr(small, "n_frames", 1) == 1
    assert small.convert("RGB").getpixel((9, 9))[0] > 200  # type: ignore[index]


def test_the_first_page_of_a_pdf_is_shown(sandbox: Sandbox) -> None:
    answer = run(sandbox, "pdf_picture", pdf("first", "second"), sizes=[1024, 256])

    assert answer.told["sizes"] == [[792, 1024], [198, 256]]
    assert opened(answer.parts[0]).convert("L").getextrema()[0] < 100  # type: ignore[operator]


def test_texts_are_read(sandbox: Sandbox) -> None:
    page = b"<title>Ti</title><style>no</style><script>no()</script><p>a&amp;b<b>c</b>"

    assert text(sandbox, "pdf_text", pdf("alpha", "beta")) == "alpha\nbeta"
    assert text(sandbox, "plain_text", "grüße".encode()) == "grüße"
    assert text(sandbox, "plain_text", "grüße".encode("cp1252")) == "grüße"
    assert text(sandbox, "plain_text", "grüße".encode("utf-16")) == "grüße"
    assert text(sandbox, "html_text", page).split() == ["Ti", "a&b", "c"]
    assert text(sandbox, "office_text", docx("grüße".encode())) == "grüße\n"
    assert text(sandbox, "office_text", xlsx(b"cell")) == "cell\n"
    assert text(sandbox, "office_text", odt(b"written ")) == "written joined\n"


def test_no_more_text_is_read_than_is_asked_for(sandbox: Sandbox) -> None:
    for function, data in (
        ("pdf_text", pdf(*["word"] * 50)),
        ("plain_text", b"word " * 100),
        ("html_text", b"<p>word " * 100),
        ("office_text", docx(b"word " * 100)),
    ):
        assert 18 < len(text(sandbox, function, data, characters=20)) <= 20


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lambda: bomb_png(50_000, 50_000), "TOO_MANY_PIXELS"),
        (lambda: image("JPEG")[:3_000], "BROKEN"),
        (lambda: image("PNG")[:-30], "BROKEN"),
        (lambda: b"\x89PNG\r\n\x1a\n" + bytes(1_000), "BROKEN"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "BROKEN"),
        (lambda: b"", "BROKEN"),
    ],
)
def test_hostile_pictures_get_a_reason(sandbox: Sandbox, data: Any, expected: str) -> None:
    assert code(sandbox, "picture", data(), **PICTURE) == expected


def test_a_picture_within_the_number_that_is_too_much_for_memory(sandbox: Sandbox) -> None:
    data = bomb_png(30_000, 30_000)
    assert len(data) < 300_000

    told = code(sandbox, "picture", data, sizes=[256], most_pixels=1_000_000_000)

    assert told == "SANDBOX_MEMORY"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lambda: pdf("x", encryption=pikepdf.Encryption(owner="a", user="b")), "ENCRYPTED"),
        (lambda: pdf("x")[:200], "BROKEN"),
        (lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 1_000_000, "BROKEN"),
        (lambda: pdf(content=b"0 0 m 9 9 l S\n" * 40_000_000), "SANDBOX_TIME"),
    ],
)
def test_hostile_pdfs_get_a_reason(sandbox: Sandbox, data: Any, expected: str) -> None:
    limits = replace(LIMITS, cpu_seconds=2)
    if expected == "SANDBOX_TIME":
        limits = replace(limits, memory_bytes=4_000_000_000)

    assert code(sandbox, "pdf_picture", data(), sizes=[256], limits=limits) == expected


def test_a_form_that_draws_itself_ends(sandbox: Sandbox) -> None:
    try:
        run(sandbox, "pdf_picture", recursive_pdf(), sizes=[256])
    except SandboxError as error:
        assert error.code.startswith("SANDBOX_")  # noqa: PT017  either way is good


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lambda: docx(b"&a;", before=b'<!DOCTYPE x [<!ENTITY a "lol">]>'), "BROKEN"),
        (lambda: docx(b"<unclosed>"), "BROKEN"),
        (lambda: docx(b"x" * 500)[:-40], "BROKEN"),
        (lambda: b"PK\x03\x04", "BROKEN"),
    ],
)
def test_hostile_documents_get_a_reason(sandbox: Sandbox, data: Any, expected: str) -> None:
    assert code(sandbox, "office_text", data(), characters=1_000) == expected


def test_a_zip_bomb_is_read_no_further_than_its_text_goes(sandbox: Sandbox) -> None:
    bomb = docx(b"<w:i/>" * 50_000_000)
    many = zipped({f"xl/worksheets/sheet{number}.xml": b"<a/>" for number in range(3_000)})
    assert len(bomb) < 2_000_000

    begun = time.monotonic()
    assert text(sandbox, "office_text", bomb) == ""
    assert time.monotonic() - begun < 15
    assert text(sandbox, "office_text", many) == ""
