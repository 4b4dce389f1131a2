"""What GitLab makes of a job with `parallel:`, and which of it a need selects.

Source: gitlab `lib/gitlab/ci/config/normalizer`, `lib/gitlab/ci/config/interpolation/matrix_interpolator.rb`.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice, product
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import is_whole
from ci_kit.language.items import flattened
from ci_kit.language.keywords.parallel import rows_of

Variables = Mapping[str, str]
_EXPRESSION = re.compile(r"\$\[\[\s*matrix\.([a-zA-Z0-9_-]+)\s*\]\]")
_MOST = 201  # one more than a matrix may have


def instance_names(name: str, parallel: Any) -> tuple[str, ...]:
    """Return the names of the jobs that GitLab makes of one; a combination that is given twice is there twice."""
    if is_whole(parallel):
        return tuple(f"{name} {number}/{parallel}" for number in range(1, min(parallel, _MOST) + 1))
    if isinstance(parallel, dict):
        return tuple(f"{name}: [{', '.join(one.values())}]" for one in combinations(parallel))
    return (name,)


def combinations(parallel: Any) -> Iterator[dict[str, str]]:
    """Yield the variables of each job that a matrix makes, in its order; nothing for what is no matrix."""
    each = (
        dict(zip(map(ruby.text, row), map(ruby.text, values), strict=True))
        for row in rows_of(parallel)
        for values in product(*row.values())
    )
    return islice(chain(each), _MOST)


def asked_in(need: Any) -> list[str]:
    """Return the variables that the matrix expressions in a need ask for, in the order of the text."""
    return [name for text in _texts(need) for name in _EXPRESSION.findall(text)]


def filled(text: str, variables: Variables) -> str:
    """Return the text with each matrix expression replaced by its value; one without a value stays."""
    made = text
    for found in _EXPRESSION.finditer(text) if "$[[" in text else ():
        if found[1] in variables:
            made = ruby.replaced(made, found[0], variables[found[1]])
    return made


def selected(name: str, parallel: Any, variables: Variables) -> tuple[str, ...]:
    """Return the names that `needs:parallel:matrix` selects of the job `name`, whether they exist or not."""
    return tuple(filled(one, variables) for one in instance_names(name, parallel))


def _texts(need: Any) -> Iterator[str]:
    if isinstance(need, str):
        yield need
    elif isinstance(need, dict):
        yield from (part for part in need.values() if isinstance(part, str))
        for row in rows_of(need.get("parallel")):
            yield from (one for one in flattened(row.values()) if isinstance(one, str))
