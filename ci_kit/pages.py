"""The generated pages of docs/: rules, settings, troubleshooting. `python -m ci_kit.pages docs` writes them."""

import sys
from pathlib import Path

from ci_kit.config import schema
from ci_kit.lint.answers import ANSWERS, INVALID
from ci_kit.lint.rule import Rule
from ci_kit.lint.rules import RULES, rule
from ci_kit.model.causes import CAUSES, OWNERS, SUBJECTS, Cause

_HEAD = "<!-- Written by ci_kit/pages.py; `make docs` writes it anew. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: path below docs/ -> Markdown."""
    found = {f"rules/{one.id}.md": _of_rule(one) for one in _every()}
    found["rules/README.md"] = _index()
    found["settings.md"] = f"{_HEAD}\n# Settings\n\n{schema.table()}"
    found["troubleshooting.md"] = _troubleshooting()
    return found


def _every() -> list[Rule]:
    return [*ANSWERS.values(), *map(rule, RULES)]


def _of_rule(rule: Rule) -> str:
    parts = [
        f"{_HEAD}\n# {rule.id} {rule.name}",
        f"{rule.summary} Severity: {rule.severity}.",
        rule.why,
        f"Found:\n\n```yaml\n{rule.bad}```",
        f"Right:\n\n```yaml\n{rule.good}```",
        *_silence(rule),
        f"Source: {rule.source}.",
    ]
    return "\n\n".join(parts) + "\n"


def _silence(rule: Rule) -> list[str]:
    """Return how to be rid of the rule: not at all of GitLab's verdict, on one line only of what is no answer."""
    if rule is INVALID:
        return []
    line = f"with `--ignore {rule.id}`" if rule.id in ANSWERS else f"on one line with `# ci-kit: ignore {rule.id}`"
    return [f"Silence it {line}, in a project with `lint: {{ignore: [{rule.id}]}}`."]


def _index() -> str:
    rows = [f"| [{one.id}]({one.id}.md) | {one.name} | {one.severity} | {one.summary} |" for one in _every()]
    return "\n".join([_HEAD, "# Rules", "", "| id | name | severity | |", "|---|---|---|---|", *rows]) + "\n"


_TROUBLE = """\
# Troubleshooting

Look up what a tool says in the first table; `…` stands for what differs. One text often has several causes:
`ci-kit doctor IMAGE` tells them apart ([doctor.md](doctor.md)), and `ci-kit doctor --log FILE` finds the texts of this
page in the log of a job."""


def _troubleshooting() -> str:
    parts = [_HEAD, _TROUBLE, "## What you see", _texts()]
    for subject, causes in SUBJECTS.items():
        parts += [f"## {subject}", *map(_of_cause, causes)]
    return "\n\n".join(parts).replace("-->\n\n", "-->\n", 1) + "\n"


def _texts() -> str:
    """Return the table from the words of tools to their causes, in the order of the words."""
    found: dict[tuple[str, str], list[str]] = {}
    for cause in CAUSES.values():
        for said in cause.texts:
            found.setdefault((said.text, said.tool), []).append(f"[{cause.id}](#{cause.id})")
    rows = [
        f"| `{text.replace('|', chr(92) + '|')}` | {tool} | {', '.join(ids)} |"
        for (text, tool), ids in sorted(found.items(), key=lambda item: item[0][0].lower())
    ]
    return "\n".join(["| text | said by | cause |", "|---|---|---|", *rows])


def _of_cause(cause: Cause) -> str:
    said = "\n".join(f"- `{one.text}` ({one.tool})" for one in cause.texts)
    parts = [
        f"### {cause.id}",
        cause.summary,
        said,
        f"Who: {OWNERS[cause.owner]}. {cause.fix}",
        f"Source: {cause.source}.",
    ]
    return "\n\n".join(filter(None, parts))


def main(arguments: list[str]) -> int:
    """Write the pages below the folder that is named, `docs` without one."""
    folder = Path(arguments[0] if arguments else "docs")
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
