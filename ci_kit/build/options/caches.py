"""Where an image's build steps are cached: on its own branch, else on the branch it goes to, else on the default one.

docs/cache.md says why there. Sources: docker docs "Cache storage backends", "Registry cache"; GitLab docs "Naming
convention for your container images".
"""

import re
from collections.abc import Mapping, Sequence

from ci_kit.config.settings import ImageSettings, Placed
from ci_kit.errors import UsageError
from ci_kit.model import grammar
from ci_kit.model.cache import NO_CACHE, Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import slug
from ci_kit.registry.reference import expand, parse

_FOLDER, _PREFIX = "cache", "buildcache-"
_SECRET = re.compile(r"(?:^|,)\s*(?:[a-z_]*(?:access_key|token|secret|password|account_key)[a-z_]*)\s*=", re.I)
_TYPED = re.compile(r"type=(?:registry|inline|local|s3|gha|azblob)(?:,|\Z)")


def of(
    image: ImageSettings, target: ImageRef, facts: JobFacts, environ: Mapping[str, str], tags: Sequence[str] = ()
) -> Cache:
    """Return what `target` may take from caches and leave there; UsageError for a line that is no cache.

    Of images those come first that have the moving `tags` of this one now. A git tag has no cache of its own: nothing
    would read it again.
    """
    said_from = _entries(image.cache_from, environ)
    said_to = _entries(image.cache_to, environ)
    if image.cache == "none" and not (said_from or said_to):
        return NO_CACHE
    branches = _branches(facts)
    own = "" if facts.tag else next(iter(branches), "")
    return Cache(
        mode=image.cache,
        registry=tuple(_place(target, branch, environ) for branch in branches),
        images=tuple(target.with_tag(tag) for tag in dict.fromkeys((*tags, *branches))),
        export=_place(target, own, environ) if own else None,
        said_from=said_from,
        said_to=said_to,
    )


def _branches(facts: JobFacts) -> tuple[str, ...]:
    """Return the slugs of the branches whose caches may help, the nearest first."""
    own = "" if facts.tag else facts.ref_slug
    chain = (own, slug(facts.target_branch), slug(facts.default_branch))
    return tuple(dict.fromkeys(branch for branch in chain if branch))


def _place(target: ImageRef, branch: str, environ: Mapping[str, str]) -> ImageRef:
    """Return the cache of a branch: in a repository below the image's, or where none may be, a tag beside the image's.

    GitLab has two levels below a project; of other registries it is not known who may make a repository.
    """
    project = environ.get("CI_REGISTRY_IMAGE", "").rstrip("/")
    below = target.name.removeprefix(project) if project else "?"
    if below[:1] in ("", "/") and below.count("/") < grammar.LEVELS_BELOW_PROJECT:
        return ImageRef(target.registry, f"{target.repository}/{_FOLDER}", branch)
    return target.with_tag(f"{_PREFIX}{branch}")


def _entries(lines: Sequence[Placed], environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_entry(line, environ) for line in lines)


def _entry(line: Placed, environ: Mapping[str, str]) -> str:
    """Return a line as BuildKit takes it; what may hold a password is refused, for it would be an argument."""
    text = expand(line.text.strip(), environ, line.place)
    if _SECRET.search(text):
        hint = "set it as a variable: BuildKit reads AWS_ACCESS_KEY_ID and its like"
        raise UsageError("a cache's password would be seen among the arguments", place=line.place, hint=hint)
    if _TYPED.match(text):
        return text
    if "=" in text:
        hint = "write a reference, or type=registry,ref=…"
        raise UsageError(f"{text[:60]!r} is no cache", place=line.place, hint=hint)
    return f"type=registry,ref={parse(text, line.place)}"
