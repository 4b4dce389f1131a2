"""The JSON schema of `.ci-kit.yml`, and the table of settings for the documentation, out of the options."""

from ci_kit.config.option import IMAGES, SECTION_HELP, SECTIONS, Kind, Option
from ci_kit.config.options import OPTIONS, of_section

_DRAFT = "http://json-schema.org/draft-07/schema#"  # what editors' YAML plug-ins understand
_TYPES: dict[Kind, dict[str, object]] = {
    "text": {"type": "string"},
    "path": {"type": "string"},
    "image": {"type": "string"},
    "choice": {"type": "string"},
    "boolean": {"type": "boolean"},
}


def schema() -> dict[str, object]:
    """Return the schema; it accepts what `load` accepts, but for image names and paths, which `load` explains."""
    properties: dict[str, object] = {"version": {"description": "Version of this format.", "const": 1}}
    for section in SECTIONS:
        properties[section] = _section(section)
    return {
        "$schema": _DRAFT,
        "title": "Settings of ci-kit (.ci-kit.yml)",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": properties,
    }


def table() -> str:
    """Return all settings as one Markdown table."""
    head = ["| `.ci-kit.yml` | flag | variable | default | meaning |", "|---|---|---|---|---|"]
    return "\n".join(head + [_row(option) for option in OPTIONS]) + "\n"


def _section(section: str) -> dict[str, object]:
    entry = {
        "type": "object",
        "additionalProperties": False,
        "properties": {option.key: _option(option) for option in of_section(section)},
    }
    if section == IMAGES:
        return {"description": SECTION_HELP[section], "type": ["array", "null"], "items": entry}
    return {"description": SECTION_HELP[section]} | entry | {"type": ["object", "null"]}


def _option(option: Option) -> dict[str, object]:
    said: dict[str, object] = {"description": option.help}
    if _has_plain_default(option):
        said["default"] = option.default
    if option.choices:
        said["enum"] = list(option.choices)
    if option.kind in ("texts", "lines"):
        return said | {"type": "array", "items": {"type": "string"} | _pattern(option)}
    if option.kind == "map":
        return said | {"type": "object", "propertyNames": _pattern(option), "additionalProperties": _ONE_LINE}
    if option.kind == "lists":
        lists = {"type": "array", "items": _ONE_LINE}
        return said | {"type": "object", "propertyNames": _pattern(option), "additionalProperties": lists}
    return said | _TYPES[option.kind] | _pattern(option)


_ONE_LINE = {"type": "string", "pattern": "^[^\\n]*$"}


def _pattern(option: Option) -> dict[str, object]:
    """Return the pattern; an empty text always passes: it means the default."""
    return {"pattern": f"^(?:{option.pattern})?$"} if option.pattern else {}


def _row(option: Option) -> str:
    flags = ", ".join(f"`{flag}`" for flag in option.flags)
    variables = ", ".join(f"`{name}`" for name in (option.variable, *option.fallbacks) if name)
    cells = (f"`{option.path}`", flags, variables, _shown(option), option.help.replace("|", "\\|"))
    return "| " + " | ".join(cells) + " |"


def _has_plain_default(option: Option) -> bool:
    """Tell whether there is a default to show: the help says it where it depends on other settings."""
    return isinstance(option.default, str | bool) and option.default != "" and "Default:" not in option.help


def _shown(option: Option) -> str:
    if not _has_plain_default(option):
        return ""
    return f"`{str(option.default).lower() if isinstance(option.default, bool) else option.default}`"
