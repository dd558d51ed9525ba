"""Pictures of files: what the sandbox costs, beside the same work in this process.

Target: thumbnails and previews of a photograph of 12 megapixels in the sandbox at least at 0.8x the
rate of Pillow in this process. Told as well: what a call costs that does nothing, how long the
first takes, whether a call in a process that is started for it would do, and what memory stays.
"""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from apart import ROOT, print_machine, verdict

sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

ROUNDS = int(os.environ.get("ROUNDS", "7"))
PICTURES = int(os.environ.get("PICTURES", "10"))
SIZES = [1024, 256]
MOST = 100_000_000


def main() -> None:
    """Measure."""
    from kernel.sandbox import Limits, Sandbox

    print_machine()
    limits = Limits(memory_bytes=1_000_000_000)
    data = photograph(4000, 3000)
    print(f"a JPEG of 12 megapixels, {len(data) / 1e6:.1f} MB")
    sandbox = Sandbox("apps.files.domain.rendering")
    arguments = {"sizes": SIZES, "most_pixels": MOST}

    def boxed() -> None:
        sandbox.run("picture", [data], size=len(data), limits=limits, arguments=arguments)

    def nothing() -> None:
        sandbox.run("plain_text", [b"x"], size=1, limits=limits, arguments={"characters": 1})

    begun = time.perf_counter()
    boxed()
    print(f"first call {time.perf_counter() - begun:.2f} s, with the start of its process")
    from apps.files.domain.rendering import picture

    compare({"here": lambda: picture(data, sizes=SIZES, most_pixels=MOST), "sandbox": boxed})
    print(f"a call that does nothing: {1000 * median(timed(nothing, 200)):.1f} ms")
    print(f"a process for each call: {1000 * median(timed(started, 5)):.0f} ms before its work")
    parent = sandbox._idle[-1]._process.pid  # noqa: SLF001  nobody else asks
    print(f"the process that waits: {rss(parent) / 1e6:.0f} MB, with what it shares")
    answer = sandbox.run("picture", [data], size=len(data), limits=limits, arguments=arguments)
    print(f"the one that worked: {answer.peak_bytes / 1e6:.0f} MB at most, and gone")
    sandbox.close()


def compare(ways: dict[str, Callable[[], object]]) -> None:
    """Run each in turn, so that a neighbour on the machine slows both."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            for _ in range(PICTURES):
                way()
            found[name].append(PICTURES / (time.perf_counter() - begun))
    for name, rates in found.items():
        print(f"{name:8} {max(rates):6.1f} files/s best, {median(rates):6.1f} median", flush=True)
    ratios = [ours / theirs for ours, theirs in zip(found["sandbox"], found["here"], strict=True)]
    verdict("pictures in the sandbox against this process", median(ratios), at_least=0.8)


def timed(way: Callable[[], object], times: int) -> list[float]:
    """Return how long each of so many runs took."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        way()
        found.append(time.perf_counter() - begun)
    return found


def started() -> None:
    """Start a process that can do the work, and does none."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; import apps.files.domain.rendering"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def photograph(width: int, height: int) -> bytes:
    """Return a JPEG with as much in it as photographs have."""
    from PIL import Image, ImageFilter

    noise = Image.effect_noise((width // 8, height // 8), 60).convert("RGB")
    made = noise.resize((width, height), Image.Resampling.BICUBIC)
    made = made.filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    made.save(out, "JPEG", quality=90)
    return out.getvalue()


def rss(pid: int) -> int:
    """Return what a process has in memory."""
    told = Path(f"/proc/{pid}/statm").read_text(encoding="ascii")
    return int(told.split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
