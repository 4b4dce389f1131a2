"""`include:`: local files are merged under the file that includes them; the others are left open.

Sources: GitLab docs "Use CI/CD configuration from other files"; gitlab `lib/gitlab/ci/config/external`.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from ci_kit.language.documents import Documents, load
from ci_kit.language.fault import is_blank
from ci_kit.language.inputs import interpolated
from ci_kit.language.keywords.rules import include_rules
from ci_kit.language.merge import merge
from ci_kit.language.problem import Problem, Refused, Told, refuse
from ci_kit.language.project import Included, Project
from ci_kit.source.value import Map, Mark, Seq

_LIMIT = 150
_KINDS = ("local", "project", "remote", "template", "artifact", "component")
_LISTED = ", ".join(f"`{kind}`" for kind in _KINDS)
_REMOTE = re.compile(r"(?:https?|ssh|git)://")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_EXTENSION = re.compile(r"[^/]+\.ya?ml$", re.I)


def resolved(content: Map, project: Project, found: Included, told: Told) -> Map:
    """Return `content` with its includes merged in; `found` gets the files, and the includes that are left.

    What GitLab refuses in an include, or in a file that is included, is told.
    """
    before = len(found.files)
    try:
        made = _resolved(content, project, found)
    except Refused as refused:
        told.tell(refused.problem)
        return content
    return made if len(found.files) == before else _without_include(made)


def _without_include(content: Map) -> Map:
    """Return the content as the check of the entries finds it: the key stays only where no include was taken."""
    made = merge(Map(content.at), content)
    del made["include"], made.keys_at["include"], made.values_at["include"]
    return made


def _resolved(content: Map, project: Project, found: Included) -> Map:
    said = content.get("include")
    if said in (None, [], ""):
        return content
    merged: Map | None = None
    for one, mark in _each(said, content.values_at["include"]):
        for below in _one(one, mark, content, project, found):
            merged = below if merged is None else merge(merged, below)
    return content if merged is None else merge(merged, content)


def _each(said: Any, mark: Mark) -> Iterator[tuple[Any, Mark]]:
    if isinstance(said, Seq):
        yield from ((one, at) for one, at in zip(said, said.items_at, strict=True) if one is not None)
    else:
        yield said, mark


def _one(said: Any, mark: Mark, content: Map, project: Project, found: Included) -> Iterator[Map]:
    if isinstance(said, str):
        said = _as_map(said, mark)
    if not isinstance(said, Map):
        raise refuse("Each include must be a hash or a string", mark)
    if _is_skipped(said):
        return
    kind = _kind(said, mark)
    _require_possible(kind, said, mark)
    path = _expanded(said[kind], content)
    if kind == "local" and isinstance(path, str) and "$" not in path:
        for name in _names(path, project, found):
            included = _local(name, said, mark, project, found)
            if included is not None:
                yield included
    else:
        found.unresolved.append((f"{kind}: {said[kind]}", mark))


def _as_map(said: str, mark: Mark) -> Map:
    made = Map(mark)
    kind = "remote" if _REMOTE.match(said) else "local"
    made[kind], made.keys_at[kind], made.values_at[kind] = said, mark, mark
    return made


def _is_skipped(said: Map) -> bool:
    """Tell whether the first rule that always holds says never; Refused when the rules are wrong."""
    rules = said.get("rules")
    for fault in include_rules(rules):
        raise refuse(f"include:{fault.text}", said.values_at["rules"])
    first = rules[0] if isinstance(rules, list) and rules else {}
    return isinstance(first, dict) and first.get("when") == "never" and set(first) == {"when"}


def _kind(said: Map, mark: Mark) -> str:
    kinds = [kind for kind in _KINDS if not is_blank(said.get(kind))]
    if not kinds:
        import json

        shown = json.dumps(_plain(said), ensure_ascii=False, separators=(",", ":"))
        raise refuse(f"`{shown}` does not have a valid subkey for include. Valid subkeys are: {_LISTED}", mark)
    if len(kinds) > 1:
        raise refuse(f"Each include must use only one of: {_LISTED}", mark)
    return kinds[0]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _require_possible(kind: str, said: Map, mark: Mark) -> None:
    if kind == "project" and is_blank(said.get("file")):
        raise refuse("include:include config must specify the file where to fetch the config from", mark)
    if kind == "artifact":
        raise refuse("Including configs from artifacts is only allowed when triggering child pipelines", mark)
    if kind == "remote" and not _VARIABLE.search(str(said[kind])) and not re.match("https?://.", str(said[kind])):
        raise refuse(f"Remote file `{said[kind]}` does not have a valid address!", said.values_at[kind])
    if kind == "local" and not isinstance(said[kind], str):
        raise refuse(f"Included file `{said[kind]}` needs to be a string", said.values_at[kind])


def _expanded(path: Any, content: Map) -> Any:
    """Return the path without the variables of the file itself: GitLab reads includes before it knows them."""
    own = content.get("variables")
    known = own if isinstance(own, dict) else {}
    if not isinstance(path, str):
        return path
    return _VARIABLE.sub(lambda match: "" if (match[1] or match[2]) in known else match[0], path)


def _names(path: str, project: Project, found: Included) -> list[str]:
    """Return the path, or the files that its wildcards match and that are not included yet."""
    if "*" not in path:
        return [path]
    pattern = re.escape(path).replace(r"\*\*/", "(.*?/)?").replace(r"\*\*", ".*?").replace(r"\*", "[^/]*?")
    have = {file.path for file in found.files}
    return sorted(name for name in project.paths() if name not in have and re.fullmatch(pattern, name))


def _local(path: str, said: Map, mark: Mark, project: Project, found: Included) -> Map | None:
    if not _EXTENSION.search(path):
        raise refuse(f"Included file `{path}` does not have YAML extension!", mark)
    if len(found.files) > _LIMIT:
        raise refuse(f"Maximum of {_LIMIT} nested includes are allowed!", mark)
    name = path.lstrip("/")
    text = project.read(name)
    if text is None and "rules" in said:
        found.unresolved.append((f"local: {path}", mark))  # its rules decide, with values that only GitLab has
        return None
    if text is None or not text.strip():
        what = "does not exist" if text is None else "is empty"
        raise refuse(f"Local file `{name}` {what}!", mark)
    return _included(_read(text, name, mark), _given(said, mark), mark, project, found)


def _given(said: Map, mark: Mark) -> Mapping[Hashable, Any]:
    given = said.get("inputs")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise refuse("Given inputs must be a hash", mark)
    return given


def _read(text: str, name: str, mark: Mark) -> Documents:
    try:
        file = load(text, name)
    except Refused as refused:
        raise _within(name, refused.problem) from refused
    if not file.content:
        raise refuse(f"Included file `{name}` does not have valid YAML syntax!", mark)
    return file


def _included(file: Documents, given: Mapping[Hashable, Any], mark: Mark, project: Project, found: Included) -> Map:
    if given and file.header is None:
        words = "Given inputs not defined in the `spec` section of the included configuration file"
        raise _within(file.path, Problem(words, mark))
    told = Told()
    content = interpolated(file, given, told, at=mark)
    if told.problems:
        raise _within(file.path, told.problems[0])
    found.files.append(file)
    return _resolved(content, project, found)


def _within(name: str, problem: Problem) -> Refused:
    return Refused(Problem(f"`{name}`: {problem.message}", problem.at, ours=problem.ours))
