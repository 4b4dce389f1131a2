"""What a build may see and no image may keep: secrets and ssh keys, by where their values are."""

from typing import NamedTuple


class Secret(NamedTuple):
    """A secret of `RUN --mount=type=secret,id=…`: its value is in a `variable` of the job or a `file` (absolute)."""

    id: str
    variable: str = ""
    file: str = ""


class SshKey(NamedTuple):
    """What `RUN --mount=type=ssh,id=…` may use: the job's agent, or a key in a `file` (absolute) or a `variable`."""

    id: str
    variable: str = ""
    file: str = ""

    @property
    def is_agent(self) -> bool:
        """Whether the agent at SSH_AUTH_SOCK is meant."""
        return not (self.variable or self.file)
