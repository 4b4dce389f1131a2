"""The registry's own configuration, from config.yml or from REGISTRY_ variables, as flat names with their lines.

Source: Distribution docs "Configuring a registry", "Override specific configuration options".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ci_kit.diagnosis.server.setting import Mismatch, Setting, broken
from ci_kit.errors import SourceError
from ci_kit.source.reader import YamlError
from ci_kit.source.reader import read as read_yaml
from ci_kit.source.value import Map

_PREFIX = "REGISTRY_"
_DEPTH = 12


def read(text: str, path: str) -> tuple[dict[str, Setting], list[Mismatch]]:
    """Return the settings as `http.addr`, in lower case, and what is wrong with the syntax."""
    try:
        data = read_yaml(text, path).data
    except (YamlError, SourceError) as error:
        return {}, [broken(error, path)]
    return (dict(_flat(data, "", path, 0)) if isinstance(data, Map) else {}), []


def of_environment(environment: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return what the variables of a registry's container set: REGISTRY_HTTP_ADDR is `http.addr`."""
    return {
        name.removeprefix(_PREFIX).lower().replace("_", "."): said
        for name, said in environment.items()
        if name.startswith(_PREFIX)
    }


def _flat(data: Any, above: str, path: str, depth: int) -> Iterator[tuple[str, Setting]]:
    for name, value in data.items() if depth < _DEPTH else ():
        full = f"{above}{str(name).lower()}"
        if isinstance(value, Map):
            yield from _flat(value, f"{full}.", path, depth + 1)
        else:
            yield full, Setting(value, f"{path}:{data.values_at[name][0]}")
