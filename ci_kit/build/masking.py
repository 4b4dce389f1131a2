"""Keeping secrets out of the files of a run: GitLab masks its variables in the job's log, and nowhere else."""

import re
from collections.abc import Callable, Mapping

# Our own settings name secrets, and hold none but the token.
_NAMES = re.compile(
    r"(?!CI_KIT_(?!GITLAB_TOKEN)).*(?:TOKEN|PASSW|SECRET|CREDENTIAL|PRIVATE|AUTH|(?:^|_)KEY(?:$|_))", re.IGNORECASE
)
_SHORTEST = 8  # characters, as for GitLab's masked variables: a shorter one would take words apart
MASK = "[MASKED]"


def masking(*variables: Mapping[str, str]) -> Callable[[str], str]:
    """Return what replaces in a text each value of `variables` whose name says that it is a secret."""
    found = {value.strip() for said in variables for name, value in said.items() if _NAMES.match(name)}
    found |= {line.strip() for value in found for line in value.splitlines()}
    # The longest first: one may be a part of another.
    words = sorted((word for word in found if len(word) >= _SHORTEST), key=len, reverse=True)
    if not words:
        return lambda text: text
    secret = re.compile("|".join(map(re.escape, words)))
    return lambda text: secret.sub(MASK, text)
