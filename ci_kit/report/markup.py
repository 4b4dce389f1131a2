"""Text and links in pages and pictures: what builds and images say of themselves has no power over the page."""

from html import escape
from urllib.parse import urlsplit


def text(value: str) -> str:
    """Return `value` as the content or the quoted attribute of an element; XML has no control characters."""
    return escape("".join(letter if letter.isprintable() else "?" for letter in value))


def link(url: str, label: str) -> str:
    """Return a link with its text, the text alone where the address is none of the web."""
    if not _is_of_web(url):
        return text(label)
    return f'<a href="{text(url)}" rel="noreferrer">{text(label)}</a>'


def _is_of_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
