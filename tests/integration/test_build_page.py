"""The build report in a real browser: nothing is cut off, nothing runs, nothing is fetched, dark and light."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_kit.report import build_page
from tests import example_publication as example
from tests.browser import Browser, chromium

pytestmark = pytest.mark.integration

WIDTHS = (1280, 390)
LOOK = """page => {
  const root = page.documentElement, all = [...page.body.querySelectorAll('*')];
  const box = each => each.getBoundingClientRect();
  const html = each => each.outerHTML;
  const texts = selector => [...page.querySelectorAll(selector)].map(each => each.textContent);
  const rows = [...page.querySelectorAll('.rows li')];
  return {
    overflow: root.scrollWidth - root.clientWidth,
    outside: all.filter(each => box(each).right > root.clientWidth + 1 || box(each).left < -1).map(html),
    cut: all.filter(each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth).map(html),
    titles: texts('h2'), ends: texts('.head .badge'), boxes: texts('.box'),
    steps: texts('details:first-of-type .code'),
    fetched: all.filter(each => each.src || each.tagName === 'SCRIPT' || each.tagName === 'LINK').length,
    bars: [...page.querySelectorAll('.bar i')].map(each => box(each).width),
    overlapping: rows.filter(row => [...row.children].some((one, index) => [...row.children].slice(index + 1).some(
      other => box(one).right > box(other).left + 1 && box(other).right > box(one).left + 1
            && box(one).bottom > box(other).top + 1 && box(other).bottom > box(one).top + 1))).length,
  };
}"""


@pytest.fixture(scope="module")
def browser() -> Browser:
    return chromium()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(build_page.render(example.PUBLICATION), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def looks(browser: Browser, page: Path) -> dict[int, Any]:
    return browser.ask(page, LOOK, WIDTHS)


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_in_sight(looks: dict[int, Any], width: int) -> None:
    look = looks[width]
    assert (look["overflow"], look["outside"], look["cut"], look["overlapping"]) == (0, [], [], 0)
    assert look["titles"] == ["api", "docs", "web", example.EVIL.name, "worker"]
    assert look["ends"] == ["published", "skipped", "not published", "not published", "not finished"]
    assert max(look["bars"]) > 40


def test_what_a_build_says_is_text(looks: dict[int, Any]) -> None:
    look = looks[WIDTHS[0]]
    assert example.EVIL.message in look["boxes"]
    assert example.EVIL.steps[0].name in look["steps"]
    assert look["fetched"] == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_light_or_dark_as_its_reader(browser: Browser, page: Path, width: int) -> None:
    light = browser.picture(page, f"light-{width}.png", (width, 800))
    dark = browser.picture(page, f"dark-{width}.png", (width, 800), "--blink-settings=preferredColorScheme=0")
    assert corner(light) == (0xF6, 0xF7, 0xF9)
    assert corner(dark) == (0x14, 0x16, 0x1B)
    assert light.stat().st_size > 20_000  # an empty page has a few hundred bytes


def corner(picture: Path) -> tuple[int, ...]:
    """Return the first pixel of a PNG with 8 bits a channel: whatever its first row is filtered by, it is as it is."""
    data = picture.read_bytes()
    pixels = zlib.decompress(b"".join(body for kind, body in chunks(data) if kind == b"IDAT"))
    return tuple(pixels[1:4])


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8  # the signature
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length
