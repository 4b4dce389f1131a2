"""image, services."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, flattened, is_blank, is_text, is_texts, is_whole, of_keys, unknown_keys
from ci_kit.language.keywords.script import lines
from ci_kit.language.keywords.variables import plain_variables

_KEYS = frozenset({"name", "entrypoint", "docker", "kubernetes", "pull_policy"})
_SERVICE_KEYS = _KEYS | {"alias", "command", "variables"}
_POLICIES = ("always", "never", "if-not-present")
_EXECUTORS = {"docker": ("platform", "user"), "kubernetes": ("user",)}


def image(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `image:`."""
    if value is not None:
        yield from _image("image", value, ("image",), _KEYS)


def services(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `services:`."""
    if value is None:
        return
    if not isinstance(value, list):
        yield Fault(":services config should be an array", ("services",))
        return
    for number, item in enumerate(value):
        for one in flattened([item]):
            if one is not None:
                yield from _image("services:service", one, ("services", number), _SERVICE_KEYS)
                yield from _service(one, ("services", number))


def _image(where: str, value: Any, path: Path, keys: frozenset[str]) -> Iterator[Fault]:
    if isinstance(value, dict):
        yield from _mapping(where, value, path, keys)
    elif not is_text(value):
        yield Fault(f":{where} config should be a hash or a string", path)
    elif is_blank(value):
        yield Fault(f":{where} name can't be blank", path)


def _mapping(where: str, value: dict[Any, Any], path: Path, keys: frozenset[str]) -> Iterator[Fault]:
    if "ports" in value:
        yield Fault(f":{where} config contains disallowed keys: ports", (*path, "ports"))
        return
    if unknown_keys(value, keys):
        yield from of_keys(f":{where}", value, keys, path)
        return
    name = value.get("name")
    if is_blank(name):
        yield Fault(f":{where} name can't be blank", (*path, "name"))
    if not isinstance(name, str):
        yield Fault(f":{where} name should be a string", (*path, "name"))
    entrypoint = value.get("entrypoint")
    if entrypoint is not None and not is_texts(entrypoint):
        yield Fault(f":{where} entrypoint should be an array of strings", (*path, "entrypoint"))
    yield from _pull_policy(f":{where}", value.get("pull_policy"), (*path, "pull_policy"))
    for executor, options in _EXECUTORS.items():
        yield from _executor(f":{where}", executor, value.get(executor), options, (*path, executor))


def _service(value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, dict):
        return
    alias = value.get("alias")
    if alias is not None and not isinstance(alias, str):
        yield Fault(":services:service alias should be a string", (*path, "alias"))
    for fault in lines("command", value.get("command")):
        yield Fault(f":services:service{fault.text}", (*path, *fault.path))
    yield from plain_variables(":services:service:variables", value.get("variables"), (*path, "variables"))


def _pull_policy(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, list):
        wrong = [str(one) for one in value if one not in _POLICIES]
        if not value:
            yield Fault(f"{where}:pull_policy config can't be blank", path)
        elif wrong:
            yield Fault(f"{where}:pull_policy config contains unknown values: {', '.join(wrong)}", path)
    elif value is not None and value not in _POLICIES:
        yield Fault(f"{where}:pull_policy config is not included in the list", path)


def _executor(where: str, name: str, value: Any, options: tuple[str, ...], path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} executor opts value at `/{name}` is not an object", path)
        return
    for key, part in value.items():
        if key not in options:
            words = f"executor opts object property at `/{name}/{key}` is a disallowed additional property"
            yield Fault(f"{where} {words}", (*path, key))
        elif not isinstance(part, str) and not (name == "kubernetes" and is_whole(part)):
            wrong = "is not a string" if name == "docker" else "type"  # two types are possible: GitLab names none
            yield Fault(f"{where} executor opts value at `/{name}/{key}` {wrong}", (*path, key))
