"""The lines of a text as YAML counts them: what a mark calls line 3 is the third of these.

Source: YAML 1.1 "Line Break Characters"; libyaml counts likewise.
"""

import re


def lines_of(text: str) -> list[str]:
    """Return the lines without their ends, one more than the text has line breaks."""
    if "\r" in text or "\x85" in text or "\u2028" in text or "\u2029" in text:
        return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    return text.split("\n")
