"""Values as the tables of measured documents write them: each with its kind."""

from typing import Any

from ci_kit.source.value import BadReference, MapKey, Reference, Symbol


def typed(value: Any) -> dict[str, Any]:
    if isinstance(value, Reference | BadReference):
        return {"ref": 1} if isinstance(value, BadReference) else {"list": [typed(part) for part in value]}
    if isinstance(value, Symbol):
        return {"symbol": value.name}
    if isinstance(value, bool) or value is None:
        return {"plain": value}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, dict | MapKey):
        pairs = value.items() if isinstance(value, dict) else value
        return {"map": [[typed(key), typed(part)] for key, part in pairs]}
    return {"list": [typed(part) for part in value]}


def measured(value: Any) -> Any:
    """Return a value of a table with its floats as Python writes them."""
    if isinstance(value, dict):
        return {key: repr(float(part)) if key == "float" else measured(part) for key, part in value.items()}
    return [measured(part) for part in value] if isinstance(value, list) else value
