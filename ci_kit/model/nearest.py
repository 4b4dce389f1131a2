"""The word that somebody probably meant."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to `word`, empty when none is near."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else ""
