"""The lines of a file as editors and git count them: what a mark calls line 3 is the third of these.

libyaml ends lines at carriage returns and at three characters more; `position` finds our place in such a file.
"""


def lines_of(text: str) -> list[str]:
    """Return the lines without their ends, one more than the text has line feeds."""
    return text.split("\n")
