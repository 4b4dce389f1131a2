"""GitLab's answer to a file, in the order in which GitLab comes to it."""

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ci_kit.language import documents, entries, schedule
from ci_kit.language.answer import answered
from ci_kit.language.problem import Problem, Refused, Told
from ci_kit.language.project import Included, Project, Unread
from ci_kit.model.finding import Verdict
from ci_kit.source.value import NOWHERE, Map, Mark

_NONE: Mapping[Hashable, Any] = MappingProxyType({})


class Pipeline:
    """A root with all that it includes, as far as it could be made out, and what is wrong with it.

    `gitlab` are the messages that GitLab prints, `problems` all that is wrong, `open` what an unread file may cure.
    `left` are the includes that were not read, `left_out` those filtered out for want of a variable; `files` those that
    were, as they are written, the root first, and `texts` their texts by path; `chain` has for each the includes that
    led to it. `bases` is the content before `extends` and `!reference` were followed, `given` the inputs that it was
    read with.
    """

    __slots__ = (
        *("bases", "chain", "content", "files", "gitlab", "given", "left", "left_out", "open", "path", "problems"),
        *("texts", "verdict"),
    )

    def __init__(self, path: str, text: str, given: Mapping[Hashable, Any] = _NONE) -> None:
        """Begin with the root's text and nothing made of it."""
        self.path = path
        self.given = given
        self.content = self.bases = Map(NOWHERE)
        self.problems: tuple[Problem, ...] = ()
        self.open: tuple[Problem, ...] = ()
        self.gitlab: tuple[str, ...] = ()
        self.verdict: Verdict = "valid"
        self.left: tuple[Unread, ...] = ()
        self.left_out: tuple[Unread, ...] = ()
        self.chain: Mapping[str, tuple[Mark, ...]] = {}
        self.files: tuple[documents.Documents, ...] = ()
        self.texts = {path: text}


def analyse(
    text: str,
    path: str,
    project: Project,
    schema_file: Path | None = None,
    given: Mapping[Hashable, Any] = _NONE,
) -> Pipeline:
    """Return what GitLab makes of `text` and says of it; UsageError when there is no JSON schema.

    A component is read with the inputs that are `given`, and with stand-ins for the others that it leaves open.
    GitLab stops at the first phase that finds something; here the later ones go on with what is left.
    """
    made, found, told = Pipeline(path, text, given), Included(), Told()
    wrong: tuple[list[Problem], list[Problem]] = ([], [])
    if _expand(made, text, project, found, told):
        wrong = _judged(made.content, schema_file)
    made.left, made.left_out, made.chain = tuple(found.unresolved), tuple(found.left_out), found.chain
    made.files = tuple(found.files)
    made.texts |= {file.path: file.text for file in found.files}
    made.verdict, made.gitlab, made.problems, made.open = answered(told, *wrong, found)
    return made


def _expand(made: Pipeline, text: str, project: Project, found: Included, told: Told) -> bool:
    """Fill in what came of the content, step by step; what stops GitLab is told. False when there is no content.

    What a small file does not need is not imported: that would take longer than the work.
    """
    try:
        root = documents.load(text, made.path)
    except Refused as refused:
        told.tell(refused.problem)
        return False
    made.content = _with_inputs(root, made, project, found, told)
    found.files.append(root)
    made.bases = made.content = _with_includes(made.content, project, found, told)
    made.content = _with_references(_with_extends(made.content, told), found, told)
    return True


def _with_inputs(root: documents.Documents, made: Pipeline, project: Project, found: Included, told: Told) -> Map:
    if root.header is None:
        return root.content
    from ci_kit.language.inputs import interpolated
    from ci_kit.language.surroundings import Surroundings

    around = Surroundings(project, found)
    return interpolated(root, made.given, told, stand_ins=is_component(made.path), around=around)


def _with_includes(content: Map, project: Project, found: Included, told: Told) -> Map:
    if content.get("include") is None:
        return content
    from ci_kit.language.include import resolved

    return resolved(content, project, found, told)


def _with_extends(content: Map, told: Told) -> Map:
    if not any(isinstance(value, Map) and "extends" in value for value in content.values()):
        return content
    from ci_kit.language.extend import extended

    return extended(content, told)


def _with_references(content: Map, found: Included, told: Told) -> Map:
    if not any("!reference" in file.text for file in found.files):
        return content
    from ci_kit.language.reference import dereferenced

    return dereferenced(content, told)


def is_component(name: str) -> bool:
    """Tell whether a file is a component: `templates/NAME.yml` or `templates/NAME/template.yml`."""
    path = Path(name)
    return path.parent.name == "templates" or (path.stem == "template" and path.parent.parent.name == "templates")


def _judged(content: Map, schema_file: Path | None) -> tuple[list[Problem], list[Problem]]:
    """Return what is wrong with the entries, and what with the jobs as a whole, as far as these are sound."""
    found = list(entries.problems(content))
    if not found:
        found = list(_of_schema(content, schema_file))
    if found:
        from ci_kit.language.sound import sound

        content = sound(content, found)
    return found, list(schedule.problems(content))


def _of_schema(content: Map, schema_file: Path | None) -> Iterator[Problem]:
    """Yield what the JSON schema refuses that the user gave; nobody else asks one."""
    if schema_file:
        from ci_kit.language import schema

        yield from schema.problems(content, schema_file)
