"""A value that only a file knows that was not read: the includer of a component, or what a reference leads to."""


class Unknown(str):
    """A stand-in for such a value. It looks like a variable, and nobody judges it."""

    __slots__ = ()


class StandIn(Unknown):
    """A stand-in of which not one letter is known: no function of GitLab's changes it."""

    __slots__ = ()


def stand_in(name: str, context: str = "INPUT") -> StandIn:
    """Return the stand-in for an input, or for a field of another `context`."""
    return StandIn(f"${context}_{name}")
