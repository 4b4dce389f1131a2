"""The storage charts as a picture (SVG) or a page (HTML) that needs nothing else, not even scripts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from ci_kit.model import storage
from ci_kit.model.size import human_size
from ci_kit.model.storage import Share
from ci_kit.model.stored_image import StoredImage
from ci_kit.report.chart import Chart, charts
from ci_kit.report.markup import text

_WIDTH, _NAME, _SIZE = 960, 300, 90  # pixels: of all, of names, of sizes
_ROW, _BAR, _TITLE, _GAP = 24, 16, 48, 16
_LETTERS = 44  # that fit into _NAME
_COLOURS = """
svg { --text: #1f2430; --weak: #667085; --paper: #ffffff; --full: #1f75cb; --light: #9dc7f1; }
@media (prefers-color-scheme: dark) {
  svg { --text: #ececef; --weak: #a4a3a8; --paper: #18171d; --full: #63a6e9; --light: #2f5a87; }
}
svg text { font: 13px system-ui, sans-serif; fill: var(--text); }
svg .title { font-size: 16px; font-weight: 600; }
svg .weak { fill: var(--weak); }
svg .full { fill: var(--full); }
svg .light { fill: var(--light); }
svg .paper { fill: var(--paper); }
"""
_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td.number, th.number { text-align: right; white-space: nowrap; }
td { overflow-wrap: anywhere; }
"""
_HEAD = ("Repository", "Tags", "Digest", "Size", "Unique", "Created", "Platforms", "Commit")


def render(images: Sequence[StoredImage], now: datetime, suffix: str) -> str:
    """Return the text of a file; `suffix` is .svg or .html."""
    return svg(images, now) if suffix == ".svg" else page(images, now)


def svg(images: Sequence[StoredImage], now: datetime) -> str:
    """Return the charts as a picture that follows the reader's light or dark scheme."""
    lines, top = list[str](), _GAP
    for chart in charts(images, now):
        lines += _chart(chart, top)
        top += _TITLE + _ROW * (len(chart.shares) + bool(chart.rest)) + _GAP
    said = escape(_title(images, now))
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{said}">'
    paper = f'<rect class="paper" width="{_WIDTH}" height="{top}"/>'
    return "\n".join((head, f"<title>{said}</title>", f"<style>{_COLOURS}</style>", paper, *lines, "</svg>", ""))


def page(images: Sequence[StoredImage], now: datetime) -> str:
    """Return the charts and a table of all images as a page."""
    title = escape(_title(images, now))
    head = "".join(f"<th{_class(name)}>{name}</th>" for name in _HEAD)
    rows = "\n".join(f"<tr>{''.join(_cells(image))}</tr>" for image in images)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_PAGE_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{svg(images, now)}
<h2>Images</h2>
<div class="wide"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
</body>
</html>
"""


def _chart(chart: Chart, top: int) -> Iterator[str]:
    yield f'<text class="title" x="{_GAP}" y="{top + 16}">{escape(chart.title)}</text>'
    yield f'<text class="weak" x="{_GAP}" y="{top + 34}">{escape(chart.note)}</text>'
    most = max((share.size for share in chart.shares), default=0)
    for number, share in enumerate(chart.shares):
        yield from _bar(share, most, top + _TITLE + number * _ROW)
    if chart.rest:
        y = top + _TITLE + len(chart.shares) * _ROW + _BAR - 3
        yield f'<text class="weak" x="{_GAP}" y="{y}">{escape(chart.rest)}</text>'


def _bar(share: Share, most: int, top: int) -> Iterator[str]:
    room = _WIDTH - _NAME - _SIZE - 2 * _GAP
    full, whole = (round(size * room / most, 1) if most else 0 for size in (share.unique, share.size))
    left, line = _GAP + _NAME, top + _BAR - 3
    name = share.name if len(share.name) <= _LETTERS else f"…{share.name[1 - _LETTERS :]}"
    said = f"{share.name}: {human_size(share.size)}, {human_size(share.unique)} of it used by nothing else"
    yield f"<g><title>{text(said)}</title>"
    yield f'<text x="{_GAP}" y="{line}">{text(name)}</text>'
    yield f'<rect class="light" x="{left}" y="{top}" width="{whole}" height="{_BAR}" rx="2"/>'
    yield f'<rect class="full" x="{left}" y="{top}" width="{full}" height="{_BAR}" rx="2"/>'
    yield f'<text x="{left + whole + 8}" y="{line}">{human_size(share.size)}</text></g>'


def _cells(image: StoredImage) -> Iterator[str]:
    created = image.created[:19].replace("T", " ")
    values = [image.repository, ", ".join(image.tags), image.digest[:19], human_size(image.size)]
    values += [human_size(image.unique_size), created, ", ".join(image.platforms) or image.kind, image.commit[:12]]
    for name, value in zip(_HEAD, values, strict=True):
        yield f"<td{_class(name)}>{text(value)}</td>"


def _class(name: str) -> str:
    return ' class="number"' if name in ("Size", "Unique") else ""


def _title(images: Sequence[StoredImage], now: datetime) -> str:
    names = sorted({image.repository for image in images})
    where = names[0] if len(names) == 1 else f"{len(names)} repositories"
    return f"{where}: {human_size(storage.total(images))} in {len(images)} images, {now:%Y-%m-%d %H:%M} UTC"
