"""Whether the image's name is one."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, good, of_error
from ci_kit.errors import UsageError
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef
from ci_kit.registry import reference


def check(case: Case) -> Result:
    """Return the reference, or which rule its text breaks; no server is asked."""
    try:
        case.image = _registry_alone(case) or _image(case)
        _require_variable(case)
    except UsageError as error:
        return of_error(error, "name-grammar")
    return good(str(case.image) if case.repository else f"{case.image.registry}, no repository named")


def _image(case: Case) -> ImageRef:
    text = reference.expand(case.named, case.environ, case.place)
    if not grammar.has_registry(text) and not grammar.SCHEME.match(text):
        return reference.of_image(text, case.environ, case.place)
    found = reference.parse(text, case.place)
    try:
        reference.of_image(found.name, case.environ, case.place)
    except UsageError as error:  # how deep a name may be is GitLab's rule: another registry may allow it
        case.outside = error.message
    return found


def _registry_alone(case: Case) -> ImageRef | None:
    """Return a registry without a repository, None when the text names one."""
    text = case.named
    if "/" in text or "$" in text or not grammar.has_registry(f"{text}/"):
        return None
    return ImageRef(reference.of_registry(text, case.place).registry, "")


def _require_variable(case: Case) -> None:
    """Refuse CI_REGISTRY with a scheme or a slash: docker login takes it so, and every name made with it is broken."""
    said = case.environ.get("CI_REGISTRY", "")
    if said:
        reference.refuse_address(said, "CI_REGISTRY")
