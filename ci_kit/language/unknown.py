"""A text that only the includer of a component knows."""


class Unknown(str):
    """A stand-in for such a text. It looks like a variable, and nobody judges its value."""

    __slots__ = ()


class StandIn(Unknown):
    """A stand-in of which not one letter is known: no function of GitLab's changes it."""

    __slots__ = ()


def stand_in(name: str, context: str = "INPUT") -> StandIn:
    """Return the stand-in for an input, or for a field of another `context`."""
    return StandIn(f"${context}_{name}")
