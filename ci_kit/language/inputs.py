"""The inputs of a file with a `spec:` header: declared, given, and put in place of `$[[ inputs.… ]]`.

Sources: GitLab docs "CI/CD inputs"; gitlab `lib/ci/inputs`, `lib/gitlab/ci/config/interpolation`.
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any

from ci_kit.language.documents import Documents
from ci_kit.language.header import require_valid
from ci_kit.language.interpolate import replaced
from ci_kit.language.problem import Refused, Told, refuse
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import NOWHERE, Map, Mark, Seq

_STAND_INS: Mapping[str, Any] = {"number": 1, "boolean": True}
_TYPES: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "number": ("a number", (int, float)),
    "boolean": ("a boolean", bool),
    "array": ("an array", list),
}


def interpolated(
    file: Documents, given: Mapping[Hashable, Any], told: Told, *, at: Mark = NOWHERE, stand_ins: bool = False
) -> Map:
    """Return the content with its inputs replaced, by `stand_ins` where a component leaves them open.

    What GitLab does not take of the header, the values or the `$[[ … ]]` is told; what was `given` stands at `at`.
    """
    if file.header is None:
        return file.content
    try:
        return _interpolated(file, given, at, stand_ins)
    except Refused as refused:
        told.tell(refused.problem)
        return file.content


def _interpolated(file: Documents, given: Mapping[Hashable, Any], at: Mark, stand_ins: bool) -> Map:
    header = file.header or Map(NOWHERE)
    require_valid(header)
    declared = _declared(header)
    unknown = [str(name) for name in given if name not in declared]
    if unknown and not _has_more(header):
        raise refuse(f"unknown input arguments: {', '.join(unknown)}", at)
    values = {str(name): _value(name, declared, given, stand_ins) for name in declared}
    if _has_more(header):
        values = {name: Unknown(f"$INPUT_{name}") for name in re.findall(r"\binputs\.([\w-]+)", file.text)} | values
    made = replaced(file.content, values)
    return made if isinstance(made, Map) else file.content


def _has_more(header: Map) -> bool:
    """Tell whether other files, which are not read here, declare inputs too."""
    return isinstance(header["spec"], Map) and bool(header["spec"].get("include"))


def _declared(header: Map) -> Map:
    spec = header["spec"]
    declared = spec.get("inputs") if isinstance(spec, Map) else None
    return declared if isinstance(declared, Map) else Map(header.at)


def _value(name: Hashable, declared: Map, given: Mapping[Hashable, Any], stand_ins: bool) -> Any:
    about: Mapping[Hashable, Any] = declared[name] if isinstance(declared[name], Map) else {}
    at = declared.keys_at[name]
    if name in given:
        return _checked(name, given[name], about, at, "provided")
    if "default" in about:
        return _checked(name, about["default"], about, at, "default")
    if about.get("rules"):
        return Unknown(f"$INPUT_{name}")  # the rules give it, with values that only GitLab has
    if stand_ins:
        return _stand_in(name, about)
    raise refuse(f"`{name}` input: required value has not been provided", at)


def _stand_in(name: Hashable, about: Mapping[Hashable, Any]) -> Any:
    options = about.get("options")
    if isinstance(options, list) and options:
        return options[0]
    kind = str(about.get("type"))
    return Seq(NOWHERE) if kind == "array" else _STAND_INS.get(kind, Unknown(f"$INPUT_{name}"))


def _checked(name: Hashable, value: Any, about: Mapping[Hashable, Any], at: Mark, how: str) -> Any:
    """Return the value in the type of the input; Refused when it has another, or is not allowed."""
    made, problem = taken(value, about, how)
    if problem:
        raise refuse(f"`{name}` input: {problem}", at)
    return made


def taken(value: Any, about: Mapping[Hashable, Any], how: str) -> tuple[Any, str]:
    """Return the value in the type of the input, and why it may not have it, empty when it may.

    `how` it came is a word of that sentence: `default` or `provided`.
    """
    kind = str(about.get("type") or "string")
    made = _typed(value, kind)
    if isinstance(made, Unknown):
        return made, ""
    return made, _of_type(made, kind, how) or _of_options(made, kind, about) or _of_regex(made, kind, about, how)


def _typed(value: Any, kind: str) -> Any:
    """Return the value; where the type is no string, GitLab first tries a text as JSON."""
    if kind == "string":
        return value if isinstance(value, str | Map | Seq) else _text(value)
    if not isinstance(value, str) or isinstance(value, Unknown):
        return value
    import json

    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return _list(parsed) if isinstance(parsed, list) else parsed


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _list(items: list[Any]) -> Seq:
    made = Seq(NOWHERE)
    made.extend(items)
    made.items_at.extend([NOWHERE] * len(items))
    return made


def _of_type(value: Any, kind: str, how: str) -> str:
    if kind not in _TYPES:
        return ""
    words, wanted = _TYPES[kind]
    fits = isinstance(value, wanted) and not (kind == "number" and isinstance(value, bool))
    return "" if fits else f"{how} value is not {words}"


def _of_options(value: Any, kind: str, about: Mapping[Hashable, Any]) -> str:
    options = about.get("options")
    if not isinstance(options, list):
        return ""
    if kind not in ("string", "number"):
        return "Options can only be used with string and number inputs"
    if kind == "number":
        return (
            "" if value in options else f"`{value}` cannot be used because it is not in the list of the allowed options"
        )
    allowed = value in map(_text, options)
    return "" if allowed else f"`{value}` cannot be used because it is not in the list of allowed options"


def _of_regex(value: Any, kind: str, about: Mapping[Hashable, Any], how: str) -> str:
    from ci_kit.language.re2 import compiled, is_found

    pattern = about.get("regex")
    if pattern is None:
        return ""
    if kind != "string":
        return "RegEx validation can only be used with string inputs"
    regex = compiled(str(pattern))
    if regex is None:
        return "invalid regular expression"
    return "" if is_found(regex, str(value)) else f"{how} value does not match required RegEx pattern"
