"""The one catalogue of causes: the doctor, the hints of every command and docs/troubleshooting.md are made from it.

A cause stands in the file of its subject. `find` returns one by its id, `of_text` those that a tool's words point to.
"""

import re
from collections.abc import Iterator
from functools import cache

from ci_kit.model.causes import (
    builder,
    certificate,
    credentials,
    daemon,
    machine,
    name,
    network,
    project,
    registry,
    server,
    token,
    upload,
)
from ci_kit.model.causes.cause import OWNERS, Cause, Owner, Said, Told

__all__ = ["CAUSES", "OWNERS", "SUBJECTS", "Cause", "Owner", "Said", "Told", "find", "hint", "of_text", "told"]

# In the order in which a reader of the page meets them: from the name outwards.
SUBJECTS: dict[str, tuple[Cause, ...]] = {
    "The image's name": name.CAUSES,
    "The way to the registry": network.CAUSES,
    "Certificates": certificate.CAUSES,
    "The registry's answer": registry.CAUSES,
    "Logins, tokens and rights": token.CAUSES,
    "Uploads": upload.CAUSES,
    "Files and programs with logins": credentials.CAUSES,
    "The project in GitLab": project.CAUSES,
    "The Docker daemon of a job": daemon.CAUSES,
    "The machine": machine.CAUSES,
    "Builds": builder.CAUSES,
    "Files of the server": server.CAUSES,
}
CAUSES: dict[str, Cause] = {cause.id: cause for causes in SUBJECTS.values() for cause in causes}


def find(id: str) -> Cause:
    """Return the cause of that id; KeyError for an id that is none."""
    return CAUSES[id]


def hint(id: str) -> str:
    """Return the next step for the cause `id`, in a few words."""
    return CAUSES[id].hint


def told(id: str) -> Told:
    """Return what an error of the cause `id` is made with: `TransportError(message, **told("body-limit"))`."""
    return {"hint": CAUSES[id].hint, "cause": id}


def of_text(text: str) -> list[tuple[Cause, Said]]:
    """Return the causes whose literal texts are in `text`, each once, the longest text first."""
    plain = " ".join(text.split())
    found = {
        cause.id: (cause, said) for cause, said in sorted(_every(), key=_weight) if _pattern(said.text).search(plain)
    }
    return sorted(found.values(), key=_weight, reverse=True)


def _every() -> Iterator[tuple[Cause, Said]]:
    for cause in CAUSES.values():
        for said in cause.texts:
            yield cause, said


def _weight(item: tuple[Cause, Said]) -> int:
    return len(item[1].text.replace("…", ""))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return what finds a literal text: `…` stands for up to 300 characters."""
    return re.compile(".{0,300}?".join(map(re.escape, " ".join(text.split()).split("…"))), re.I)
