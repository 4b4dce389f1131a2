"""The word that somebody probably meant."""

from collections.abc import Iterable

_COMPARED = 20_000  # words in a file: to look further would take most of the time of a bad one


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to `word`, empty when none is near."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else ""


class Suggestions:
    """The words that were probably meant in a file; none any more when too much was compared."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self._left = _COMPARED

    def nearest(self, word: object, known: Iterable[object]) -> str:
        """Return the text among `known` that is nearest to `word`, empty when none is near, or none is looked for."""
        if self._left < 0 or not isinstance(word, str):
            return ""
        texts = [one for one in known if isinstance(one, str)]
        self._left -= len(texts)
        return nearest(word, texts)
