"""`extends:` and `!reference`: a job with everything that it takes from elsewhere.

Sources: GitLab docs "extends" and "Custom YAML tags: !reference".
"""

from typing import Any

from ci_kit.language.merge import merge
from ci_kit.source.value import Map, Reference, Seq

_EXTENDS_DEPTH = 10
_REFERENCE_DEPTH = 10


def extended(name: str, content: Map, depth: int = 0) -> Map:
    """Return the job `name` merged over what it extends; what does not exist is left out here."""
    job: Map = content[name]
    said = job.get("extends")
    bases = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    under: Map | None = None
    for base in bases:
        if isinstance(base, str) and isinstance(content.get(base), Map) and depth < _EXTENDS_DEPTH:
            below = extended(base, content, depth + 1)
            under = below if under is None else merge(under, below)
    return job if under is None else merge(under, job)


def referenced(value: Any, content: Map, depth: int = 0) -> Any:
    """Return `value` with each `!reference` replaced by what it names; one that names nothing stays as it is."""
    if isinstance(value, Reference):
        found = _named(value, content)
        return value if found is None or depth >= _REFERENCE_DEPTH else referenced(found, content, depth + 1)
    if isinstance(value, Map):
        made = merge(Map(value.at), value)
        for key, part in value.items():
            if isinstance(part, Map | Seq):
                made[key] = referenced(part, content, depth)
        return made
    if isinstance(value, Seq):
        made_list = Seq(value.at)
        made_list.items_at = value.items_at
        made_list.extend(referenced(part, content, depth) for part in value)
        return made_list
    return value


def _named(reference: Reference, content: Map) -> Any:
    value: Any = content
    for key in reference:
        if not isinstance(value, Map) or key not in value:
            return None
        value = value[key]
    return value
