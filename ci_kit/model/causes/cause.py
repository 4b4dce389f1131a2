"""One cause of trouble, as the doctor, the hints of every command and the troubleshooting page tell it."""

from typing import Literal, NamedTuple, TypedDict

Owner = Literal["server", "runner", "author"]

# Who can put it right, in words.
OWNERS: dict[Owner, str] = {
    "server": "whoever runs the registry, its proxy or GitLab",
    "runner": "whoever runs the runner or this machine",
    "author": "the author of the job, or a maintainer of the project",
}


class Said(NamedTuple):
    """A text that people see and paste: the tool that says it, and its words; `…` stands for what differs."""

    tool: str
    text: str


class Cause(NamedTuple):
    """What is wrong, who puts it right and how.

    `summary` is one sentence, `hint` the next step in a few words, `fix` the same for each kind of server. `hides` are
    causes that are only the surface of this one: where both are found, this one is meant.
    """

    id: str
    summary: str
    owner: Owner
    hint: str
    fix: str
    source: str
    texts: tuple[Said, ...] = ()
    hides: tuple[str, ...] = ()


class Told(TypedDict):
    """What an error takes from the catalogue."""

    hint: str
    cause: str
