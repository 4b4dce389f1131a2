"""A text that only the includer of a component knows."""


class Unknown(str):
    """A stand-in for such a text. It looks like a variable, and nobody judges its value."""

    __slots__ = ()
