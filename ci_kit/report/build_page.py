"""The build report: one page that needs nothing else, neither scripts nor the network, and shows what a run did."""

from collections.abc import Iterable, Iterator, Sequence

from ci_kit.model.layer import Layer
from ci_kit.model.publication import Publication
from ci_kit.model.record import BuildRecord, Failure, TagMove
from ci_kit.model.size import human_change, human_size
from ci_kit.model.step import Step, cache_hits
from ci_kit.report.build_style import STYLE
from ci_kit.report.markup import link, text
from ci_kit.version import VERSION

# A browser takes nothing but the style that stands in the page, whatever the page says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_BADGES = {
    "done": "plain",
    "cached": "good",
    "failed": "bad",
    "passed": "good",
    "refused": "bad",
    "kept": "note",
    "set": "plain",
    "moved": "plain",
}


def render(found: Publication) -> str:
    """Return the page; all that builds, images and registries said is escaped in it."""
    title = text(_title(found))
    cards = "\n".join(_card(name, found) for name in found.names)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="weak">{_origin(found)}</p>
<p class="sum">{_sum(found)}</p>
{cards or _card_of_nothing()}
<footer>ci-kit {text(VERSION)}. Sizes are compressed, as the registry stores them.</footer>
</main>
</body>
</html>
"""


def _title(found: Publication) -> str:
    several = len(found.names) != 1
    what = f"{len(found.names)} images" if several else found.names[0]
    commit = f" of {found.facts.sha[:8]}" if found.facts.sha else ""
    return f"{what}{commit}"


def _origin(found: Publication) -> str:
    facts = found.facts
    parts = [text(facts.ref)] if facts.ref else []
    parts += [f"merge request !{text(facts.merge_request)}"] if facts.merge_request else []
    parts += [link(facts.job_url, "job")] if facts.job_url else []
    parts += [link(facts.project_url, "project")] if facts.project_url else []
    return " · ".join(parts)


def _sum(found: Publication) -> str:
    """Return how many images came to which end."""
    ends = [_end(found.record(name), found.failure(name)) for name in found.names]
    return "".join(_badge(state, f"{ends.count(end)} {words}") for end in dict.fromkeys(ends) for state, words in [end])


def _end(record: BuildRecord | None, failure: Failure | None) -> tuple[str, str]:
    """Return what became of an image: the state that gives the colour, and the words."""
    if failure:
        return "failed", "not published as planned" if record else "not published"
    if record is None:
        return "kept", "not finished"
    return "passed", "skipped" if record.skipped else "published"


def _card_of_nothing() -> str:
    return '<section class="card"><p>No image yet.</p></section>'


def _card(name: str, found: Publication) -> str:
    record, failure = found.record(name), found.failure(name)
    parts = [_head(name, record, failure)]
    if record:
        parts += [f"<p><code>{text(record.pinned)}</code></p>", _tiles(record)]
    if record is None and failure is None:
        parts.append('<p class="box">The run ended before it came to this image.</p>')
    if failure:
        parts.append(f'<p class="box bad">{text(failure.message)}</p>')
    if record and record.skipped:
        parts.append(f'<p class="box">Nothing was built: {text(record.reason or "it was there already")}.</p>')
    if record:
        parts += [_checks(record), _moves(record.moves)]
    parts.append(_steps(record.steps if record else failure.steps if failure else ()))
    parts.append(_layers(record.layers) if record else "")
    return "\n".join(['<section class="card">', *filter(None, parts), "</section>"])


def _head(name: str, record: BuildRecord | None, failure: Failure | None) -> str:
    return f'<div class="head"><h2>{text(name)}</h2>{_badge(*_end(record, failure))}</div>'


def _badge(state: str, words: str = "") -> str:
    return f'<span class="badge {_BADGES.get(state, "")}">{text(words or state)}</span>'


def _tiles(record: BuildRecord) -> str:
    cached, of = record.cache_hits
    tiles = [
        ("Size", human_size(record.size) if record.size else "unknown", _change(record)),
        ("Time", f"{record.seconds:.1f} s", "" if record.skipped else f"with {record.builder}"),
        ("From the cache", f"{cached} of {of}" if of else "", "instructions of the Dockerfile"),
        ("Layers", str(len(record.layers)) if record.layers else "", ""),
        ("Platforms", "\n".join(record.platforms), ""),
    ]
    return f'<dl class="tiles">{"".join(_tile(*tile) for tile in tiles if tile[1])}</dl>'


def _tile(name: str, value: str, more: str) -> str:
    lines = "".join(f"<span>{text(line)}</span>" for line in value.splitlines())
    below = f"<small>{text(more)}</small>" if more else ""
    return f'<div class="tile"><dt>{name}</dt><dd>{lines}{below}</dd></div>'


def _change(record: BuildRecord) -> str:
    if record.base is None or record.growth is None:
        return ""
    if record.base.digest == record.digest:
        return f"the same image as {_tag_of(record.base.image)}"
    return f"{human_change(record.growth)} against {_tag_of(record.base.image)}"


def _tag_of(image: str) -> str:
    return image.rpartition(":")[2]


def _moves(moves: Sequence[TagMove]) -> str:
    rows = (f"<li>{_badge(move.state)}<div>{_of_move(move)}</div></li>" for move in moves)
    return _list("Tags", rows, "pairs") if moves else ""


def _of_move(move: TagMove) -> str:
    before = f"was {move.was[:19]}" if move.was and move.state == "moved" else ""
    more = " · ".join(part for part in (move.reason, before) if part)
    return f"<code>{text(move.tag)}</code>{f' <span class=weak>{text(more)}</span>' if more else ''}"


def _checks(record: BuildRecord) -> str:
    rows = (
        f'<li>{_badge(check.state)}<div>{text(check.name)} <span class="weak">{text(check.detail)}</span></div></li>'
        for check in record.checks
    )
    return _list("Checks before other tags were set", rows, "pairs") if record.checks else ""


def _steps(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    longest = max(step.seconds for step in steps)
    cached, of = cache_hits(steps)
    said = f"Steps ({len(steps)}{f', {cached} of {of} instructions from the cache' if of else ''})"
    return _folded(said, (_of_step(step, longest) for step in steps))


def _of_step(step: Step, longest: float) -> str:
    shade = {"failed": "bad", "cached": "good"}.get(step.state, "")
    seconds = f"{step.seconds:.1f} s" if step.seconds or step.state == "done" else ""
    name = f'<span class="code">{text(step.name)}</span>'
    return f'<li>{_badge(step.state)}{name}{_bar(step.seconds, longest, shade)}<span class="end">{seconds}</span></li>'


def _layers(layers: Sequence[Layer]) -> str:
    if not layers:
        return ""
    largest = max(layer.size for layer in layers)
    total = human_size(sum(layer.size for layer in layers))
    several = len({layer.platform for layer in layers}) > 1
    return _folded(f"Layers ({len(layers)}, {total})", (_of_layer(layer, largest, several) for layer in layers))


def _of_layer(layer: Layer, largest: int, several: bool) -> str:
    platform = f' <span class="weak">{text(layer.platform)}</span>' if several else ""
    name = f'<span class="code">{text(layer.command or "unknown")}{platform}</span>'
    size = f'<span class="end">{human_size(layer.size)}</span>'
    digest = f'<code class="weak">{text(layer.digest.partition(":")[2][:8])}</code>'
    return f"<li>{digest}{name}{_bar(layer.size, largest)}{size}</li>"


def _bar(value: float, most: float, shade: str = "") -> str:
    if not value or not most:
        return "<div></div>"
    width = max(100 * value / most, 1)
    return f'<div class="bar {shade}"><i style="width:{width:.1f}%"></i></div>'


def _list(title: str, rows: Iterable[str], kind: str) -> str:
    return f'<h3>{title}</h3>\n<ul class="rows {kind}">\n{_joined(rows)}\n</ul>'


def _folded(title: str, rows: Iterator[str]) -> str:
    return f'<details open><summary>{title}</summary>\n<ul class="rows">\n{_joined(rows)}\n</ul></details>'


def _joined(rows: Iterable[str]) -> str:
    return "\n".join(rows)
