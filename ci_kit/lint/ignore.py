"""Comments that silence a rule: `# ci-kit: ignore CK103` on the line, or alone on the line above it."""

import re
from collections.abc import Sequence

_COMMENT = re.compile(r"#\s*ci-kit:\s*ignore\s+((?:CK\d{3}[\s,]*)+)")


def ignored(text: str, lines: Sequence[str]) -> dict[int, frozenset[str]]:
    """Return the silenced ids of each line of the text that has any; lines count from 1."""
    if "ci-kit:" not in text:
        return {}
    found: dict[int, frozenset[str]] = {}
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.search(line)
        if comment:
            alone = line.lstrip().startswith("#")
            where = number + 1 if alone else number
            found[where] = found.get(where, frozenset()) | frozenset(re.findall(r"CK\d{3}", comment[1]))
    return found
