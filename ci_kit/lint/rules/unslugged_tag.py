"""CK105: a tag made of a branch name as it is."""

import re
from collections.abc import Iterator

from ci_kit.language.jobs import CiJob, Text
from ci_kit.lint.image_words import expand, image_words, tag_of, variables_in
from ci_kit.lint.rule import Hit, Rule

_NAMES = (
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_BRANCH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
)
_ANY = "|".join(_NAMES)
_COMPUTED = re.compile(r"\$\(|`")  # what a command prints may be a slug
_UNSLUGGED = re.compile(rf"\$(?:\{{(?:{_ANY})\}}|(?:{_ANY})(?!\w))")


def check(job: CiJob) -> Iterator[Hit]:
    """Yield the tags in which a branch name stands as somebody typed it."""
    for image in image_words(job) if job.any_branch else ():
        found = _UNSLUGGED.search(tag_of(expand(image.word, job.variables)) or "")
        if found and not _COMPUTED.search(image.word):
            yield _at_cause(job, image.text, image.word, found[0])


def _at_cause(job: CiJob, text: Text, word: str, variable: str) -> Hit:
    message = f"{variable} may hold a slash: a branch called feature/login makes no tag"
    if not _UNSLUGGED.search(word):
        for name in variables_in(word):
            holder = job.variables.get(name)
            if holder and _UNSLUGGED.search(expand(holder.value, job.variables)):
                return Hit(holder, holder.value, f"{message} (from {name})", "$CI_COMMIT_REF_SLUG")
    return Hit(text, word, message, "$CI_COMMIT_REF_SLUG")


RULE = Rule(
    id="CK105",
    name="unslugged-tag",
    severity="warning",
    summary="A tag is made of a branch name that is not slugged.",
    why=(
        "A branch may be called `feature/login` or hold characters that no tag may have: the build of that branch "
        "fails, and only of that branch. `$CI_COMMIT_REF_SLUG` is the same name in small letters, digits and dashes."
    ),
    source='GitLab docs "Predefined CI/CD variables reference"; github.com/distribution/reference',
    bad="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - docker build --tag "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_NAME" .
""",
    good="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - docker build --tag "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG" .
""",
    check=check,
)
