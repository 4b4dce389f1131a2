"""`include:`: each file is found, read with its own includes, and merged under the file that includes it.

Sources: GitLab docs "Use CI/CD configuration from other files"; gitlab `lib/gitlab/ci/config/external`.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from ci_kit.language.documents import Documents, load
from ci_kit.language.include_file import OWN, File, Found, Site, Text, find, location_problem
from ci_kit.language.include_location import (
    Location,
    has_extension,
    kind_of,
    normalized,
    project_name,
    with_value,
    with_variables,
)
from ci_kit.language.include_rules import decided, unset
from ci_kit.language.inputs import interpolated
from ci_kit.language.keywords.rules import include_rules
from ci_kit.language.merge import merge
from ci_kit.language.problem import Problem, Refused, Told, refuse
from ci_kit.language.project import Included, Project, Unread, unread
from ci_kit.language.surroundings import Surroundings
from ci_kit.model.fetch import Unreachable
from ci_kit.source.value import BadReference, Map, Mark, Reference, Seq

_LIMIT = 150
_BYTES = 300 * 1024 * 1024  # of all files together
_HOSTS = frozenset(("CI_SERVER_FQDN", "CI_SERVER_HOST"))
_COMPARED = 2000  # paths, to find the one that was meant
_NO_HEADER = "Given inputs not defined in the `spec` section of the included configuration file"


def resolved(content: Map, project: Project, found: Included, told: Told) -> Map:
    """Return `content` with its includes merged in; `found` gets the files, and the includes that are left.

    What GitLab refuses in an include, or in a file that is included, is told. Where all includes are filtered out, or
    there is none, the content is returned as it is: GitLab then checks `include` as it checks other keywords.
    """
    resolver = _Resolver(project, found, told)
    try:
        return resolver.expanded(content, OWN)
    except Refused as refused:
        resolver.tell(refused.problem)
        return _without_include(content)


class _Resolver:
    """Follows includes, depth first, and counts them; the text of a file is read and parsed once."""

    def __init__(self, project: Project, found: Included, told: Told) -> None:
        """Begin with nothing read."""
        self.project = project
        self.found = found
        self.told = told
        self.count = 0
        self.bytes = 0
        self.finds: dict[Hashable, Found] = {}
        self.parsed: dict[str, Documents | Problem] = {}
        self.local: set[tuple[Site, str]] = set()

    def tell(self, problem: Problem, gitlab: str = "") -> None:
        """Tell a problem, for which an include is missing in the content."""
        self.found.broken = True
        self.told.tell(problem, gitlab)

    def expanded(self, content: Map, site: Site) -> Map:
        """Return the content of a file under which its includes are merged; Refused at the limits of all files."""
        if content.get("include") is None:
            return content
        files, left = self._files(content, site)
        if not files and not left:
            return content
        for file in files:
            self._count(file)
            file.problem = location_problem(file)
        merged = Map(content.at)
        for file in files:
            if file.problem is None and (below := self._content(file)) is not None:
                merged = merge(merged, below)
        for file in files:
            if file.problem is not None and not file.location.maybe:
                self.tell(file.problem, file.gitlab)
                for problem in file.others:
                    self.tell(problem)
        return _without_include(merge(merged, content))

    def _files(self, content: Map, site: Site) -> tuple[list[File], bool]:
        """Return the files that are to be read, and whether others were left out that GitLab would have read."""
        own = content.get("variables")
        own = own if isinstance(own, Map) else {}
        every = list(_each(content["include"], content.values_at["include"]))
        locations = [normalized(said, at, site.scope(self.project), own) for said, at in every]
        for (_, at), location in zip(every, locations, strict=True):
            if location is None:
                self.tell(Problem("Each include must be a hash or a string", at))
        kept, left = self._filtered([one for one in locations if one is not None], site)
        spread = [one for location in kept for one in self._spread(location, site)]
        files = [self._file(with_variables(one, site.scope(self.project), own), site) for one in spread]
        made = [file for file in files if file is not None]
        return made, left or None in locations or len(made) < len(files)

    def _filtered(self, locations: list[Location], site: Site) -> tuple[list[Location], bool]:
        """Return the includes whose rules say so, and whether one was left out because its rules are wrong."""
        kept, wrong = [], False
        for location in locations:
            rules = location.said.get("rules")
            fault = next(iter(include_rules(rules)), None) if rules is not False else None
            if fault is not None:
                wrong = True
                self.tell(Problem(f"include:{fault.text}", location.said.values_at["rules"]))
            else:
                kept += self._decided(location, site)
        return kept, wrong

    def _decided(self, location: Location, site: Site) -> list[Location]:
        """Return the include when its rules take it, else nothing."""
        decision = decided(location.said.get("rules"), site.scope(self.project), lambda: self._paths(site))
        if not decision.sure:
            taken = "not included" if decision.read is False else "included"
            words = f"whether this is included depends on what is not known here: it is taken as {taken}"
            self.found.unresolved.append(Unread(words, location.said.values_at["rules"]))
        elif decision.read is False:
            self._tell_unset(location, site)
        return [] if decision.read is False else [location._replace(maybe=decision.read is None)]

    def _tell_unset(self, location: Location, site: Site) -> None:
        names = ", ".join(f"${name}" for name in unset(location.said["rules"], site.scope(self.project)))
        if names:
            words = f"this is not included, as {names} counts as not set: what a project sets is not known here"
            self.found.left_out.append(Unread(words, location.said.values_at["rules"]))

    def _spread(self, location: Location, site: Site) -> Iterator[Location]:
        """Yield a location for each of the files of a project, and for each that a wildcard matches."""
        said = location.said
        if said.get("project") is not None and said["project"] is not False:
            yield from _project_files(location)
        elif _breaks_off(said.get("local")):
            words = "Undefined error (NoMethodError: `local` has to be a string)"
            raise refuse(words, said.values_at["local"])
        elif isinstance(said.get("local"), str) and "*" in said["local"]:
            yield from self._matching(location, said["local"], site)
        else:
            yield location

    def _matching(self, location: Location, pattern: str, site: Site) -> Iterator[Location]:
        from ci_kit.language.wildcard import included

        paths = self._paths(site)
        if paths is None:
            self._leave(location.at, f"`{pattern}`", Unreachable("the files of its project are not known here"))
            return
        for path in included(pattern, paths):
            if (site, path) not in self.local:
                yield with_value(location, "local", path, location.said.values_at["local"])

    def _paths(self, site: Site) -> tuple[str, ...] | None:
        if site == OWN:
            return tuple(self.project.paths())
        paths = self.project.fetcher.paths(site.project, site.commit) if site.project else ()
        return None if isinstance(paths, Unreachable) else paths

    def _file(self, location: Location, site: Site) -> File | None:
        """Return the file that an include is about; None when it is told why there is none."""
        kind = kind_of(location)
        if not isinstance(kind, Problem) and kind.name == "component" and not _is_open(location, self.project):
            return File(location, kind, site, "")
        if location.open:
            names = ", ".join(f"${name}" if name.isupper() else name for name in location.open)
            self._leave(location.at, "this include", Unreachable(f"{names} is not known here"))
            return None
        if isinstance(kind, Problem):
            self.tell(kind)
            return None
        name = project_name(location) if kind.name == "project" else ""
        return File(location, kind, site, name)

    def _count(self, file: File) -> None:
        self.count += 1
        if self.count > _LIMIT:
            raise refuse(f"Maximum of {_LIMIT} nested includes are allowed!", file.kind.at)
        if file.kind.name == "local":
            self.local.add((file.site, str(file.kind.value)))

    def _leave(self, at: Mark, what: str, why: Unreachable) -> None:
        self.found.unresolved.append(unread(what, why, at))

    def _content(self, file: File) -> Map | None:
        """Return what a file holds, its includes merged in; None when it has a problem, or could not be read."""
        if file.key not in self.finds:
            self.finds[file.key] = find(file, self.project)
        found = self.finds[file.key]
        if isinstance(found, Unreachable):
            self._leave(file.kind.at, file.subject, found)
        elif isinstance(found, str):
            file.problem = Problem(found, file.kind.at, self._meant(file))
        else:
            self.bytes += len(found.text)
            if self.bytes > _BYTES:
                raise refuse("Total size of combined CI/CD configuration is too big", file.kind.at)
            if found.note:
                self.found.unresolved.append(Unread(found.note, file.kind.at))
            return self._of_text(file, found)
        return None

    def _meant(self, file: File) -> str:
        """Return the file of the project whose path is nearest to that of one that is not there."""
        if file.kind.name != "local" or file.site != OWN:
            return ""
        from itertools import islice

        from ci_kit.model.nearest import nearest

        return nearest(str(file.kind.value), islice(filter(has_extension, self.project.paths()), _COMPARED))

    def _of_text(self, file: File, found: Text) -> Map | None:
        document = self._parsed(found.text, found.name)
        if isinstance(document, Problem):
            file.refuse(document)
            return None
        above = self.found.chain.get(file.location.at[4], ())
        self.found.chain.setdefault(found.name, (*above, file.location.at))
        content = self._interpolated(file, document, found)
        made = self.expanded(content, found.site) if content else content
        if made is not None and not made:
            file.problem = Problem(f"Included file `{file.shown}` does not have valid YAML syntax!", file.kind.at)
        return made or None

    def _parsed(self, text: str, name: str) -> Documents | Problem:
        if name not in self.parsed:
            try:
                document = self.parsed[name] = load(text, name)
                self.found.files.append(document)
            except Refused as refused:
                self.parsed[name] = refused.problem
                self.found.files.append(Documents(name, text, None, Map((1, 1, 1, 1, name))))
        return self.parsed[name]

    def _interpolated(self, file: File, document: Documents, found: Text) -> Map | None:
        """Return the content with its inputs; None when they are refused."""
        given, at = file.location.said.get("inputs"), file.location.said.values_at.get("inputs", file.location.at)
        problem = _inputs_problem(file, document, given, at)
        if problem is not None:
            file.problem = problem
            return None
        told = Told()
        around = Surroundings(self.project, self.found, file.component(found), found.site)
        content = interpolated(document, given or {}, told, at=at, around=around)
        file.others = [file.within(problem) for problem in told.problems[1:]]
        if told.problems:
            file.refuse(told.problems[0], told.gitlab or "")
            return None
        return content


def _each(said: Any, mark: Mark) -> Iterator[tuple[Any, Mark]]:
    if isinstance(said, Seq) and not isinstance(said, Reference):
        yield from ((one, at) for one, at in zip(said, said.items_at, strict=True) if one is not None)
    else:
        yield said, mark


def _breaks_off(local: Any) -> bool:
    """Tell whether GitLab cannot look for a `*` in the value: it is none of text, list and mapping."""
    can = isinstance(local, str | list | Map) and not isinstance(local, Reference | BadReference)
    return not (can or local is None or local is False)


def _is_open(location: Location, project: Project) -> bool:
    """Tell whether it is not known which component is meant; the host needs no name where the project has none."""
    return not location.component and not (_HOSTS.issuperset(location.open) and not project.host)


def _project_files(location: Location) -> Iterator[Location]:
    files = location.said.get("file")
    if files is None:
        return
    for file, at in _each(files, location.said.values_at["file"]):
        yield with_value(location, "file", file, at)


def _inputs_problem(file: File, document: Documents, given: Any, at: Mark) -> Problem | None:
    if given is not None and not isinstance(given, Mapping):
        return file.within(Problem("Given inputs must be a hash", at))
    if given and document.header is None:
        return file.within(Problem(_NO_HEADER, at))
    spec = document.header["spec"] if document.header is not None else None
    if file.kind.name == "component" and isinstance(spec, Map) and "include" in spec:
        words = f"Component `{file.shown}` cannot use `spec:include`. This keyword is not supported in components"
        return Problem(words, spec.keys_at["include"])
    return None


def _without_include(content: Map) -> Map:
    made = merge(Map(content.at), content)
    for places in (made, made.keys_at, made.values_at):
        places.pop("include", None)
    return made
