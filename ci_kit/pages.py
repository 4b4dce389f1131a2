"""The generated pages of docs/: one a rule, and the settings. `python -m ci_kit.pages docs` writes them."""

import sys
from pathlib import Path

from ci_kit.config import schema
from ci_kit.lint.rule import Rule
from ci_kit.lint.rules import RULES

_HEAD = "<!-- Written by ci_kit/pages.py; `make docs` writes it anew. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: path below docs/ -> Markdown."""
    found = {f"rules/{rule.id}.md": _of_rule(rule) for rule in RULES.values()}
    found["rules/README.md"] = _index()
    found["settings.md"] = f"{_HEAD}\n# Settings\n\n{schema.table()}"
    return found


def _of_rule(rule: Rule) -> str:
    parts = [
        f"{_HEAD}\n# {rule.id} {rule.name}",
        f"{rule.summary} Severity: {rule.severity}.",
        rule.why,
        f"Found:\n\n```yaml\n{rule.bad}```",
        f"Right:\n\n```yaml\n{rule.good}```",
        f"Silence it on one line with `# ci-kit: ignore {rule.id}`, in a project with `lint: {{ignore: [{rule.id}]}}`.",
        f"Source: {rule.source}.",
    ]
    return "\n\n".join(parts) + "\n"


def _index() -> str:
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {rule.name} | {rule.severity} | {rule.summary} |" for rule in RULES.values()
    ]
    return "\n".join([_HEAD, "# Rules", "", "| id | name | severity | |", "|---|---|---|---|", *rows]) + "\n"


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
