"""image, and what services share with it."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    is_text,
    is_texts,
    of_keys,
    of_lists,
    of_presence,
    of_string,
    of_values,
    suggestion,
)

IMAGE_KEYS = frozenset(("name", "entrypoint", "docker", "kubernetes", "pull_policy", "ports"))
_POLICIES = ("always", "never", "if-not-present")


def image(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `image:`."""
    if value is None or (isinstance(value, str) and value.strip()):
        return iter(())
    path: Path = ("image",)
    return composed(_own(value, path), pull_policy(":image", value, path))


def imageable(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with an image itself, before its unknown keys; a service is one too."""
    about: dict[Any, Any] = value if isinstance(value, dict) else {"name": value} if isinstance(value, str) else {}
    of_name = (*path, "name") if isinstance(value, dict) else path
    if not isinstance(value, dict | str):
        yield Fault(f"{where} config should be a hash or a string", path)
    if isinstance(value, dict) and "ports" in value:  # they are for the web terminal alone
        yield Fault(f"{where} config contains disallowed keys: ports", (*path, "ports"), is_key=True)
    lacking = isinstance(value, dict) and "name" not in value
    for fault in (*of_string(where, about, "name", path), *of_presence(where, about, "name", path)):
        yield fault._replace(path=of_name, curable=lacking)
    yield from of_lists(where, about, ("entrypoint",), path)
    executor = {key: about[key] for key in ("docker", "kubernetes") if about.get(key) is not None}
    if executor:
        from ci_kit.language.keywords.executor import executor_options

        yield from executor_options(where, executor, path)


def pull_policy(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the `pull_policy:` of an image."""
    policy = value.get("pull_policy") if isinstance(value, dict) else None
    where, path = f"{where}:pull_policy config", (*path, "pull_policy")
    if policy is not None and not is_text(policy) and not is_texts(policy):
        yield Fault(f"{where} should be an array of strings or a string", path)
    if isinstance(policy, list):
        yield from of_values(where, policy, _POLICIES, path)
        yield from () if policy else (Fault(f"{where} can't be blank", path),)
    elif isinstance(policy, str) and policy not in _POLICIES:
        yield Fault(f"{where} is not included in the list", path, suggestion=suggestion(policy, _POLICIES))


def _own(value: Any, path: Path) -> Iterator[Fault]:
    yield from imageable(":image", value, path)
    yield from of_keys(":image", value, IMAGE_KEYS, path)
