"""Files of other projects from their checkouts on this machine: `--include-path PROJECT=DIR`.

Sources: git docs "gitrevisions", "git cat-file"; GitLab docs "CI/CD components".
"""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from ci_kit.commands.project_files import ProjectFiles
from ci_kit.errors import SourceError, UsageError
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable
from ci_kit.model.version import LATEST, is_partial, newest

_SECONDS = 20
_BYTES = 16 * 1024 * 1024
_REFERENCE = re.compile(r"(?!-)(?!.*(?:\.\.|@\{))[^\x00-\x20~^:?*\[\\\x7f]+")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.ASCII)
_NAMES = ("refs/tags/", "refs/heads/", "refs/remotes/origin/")


class Checkouts:
    """A fetcher for the projects that have a folder here; others are unreachable."""

    def __init__(self, folders: Mapping[str, Path], environ: Mapping[str, str]) -> None:
        """Keep the folders by the paths of their projects, in lower case, with or without the host."""
        self.folders = folders
        self.environ = {**environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
        self.commits: dict[tuple[Path, str], str] = {}

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the file at the reference when the checkout has it, else from the folder as it is, with a note."""
        folder = self._folder(request)
        if folder is None:
            about = request.project or "GROUP/PROJECT"
            hint = "" if request.kind in ("remote", "template") else f"give --include-path {about}=DIR"
            return Unreachable("it is not here", hint)
        reference = self._meant(folder, request)
        commit = self._commit(folder, reference)
        note = ""
        if not commit and reference not in ("", "HEAD"):
            note = f"{folder} has no {reference} of {request.project}: what stands there now is read instead"
        for path in _paths(request):
            text = self._text(folder, commit, path)
            if text is not None:
                name = f"{request.project}:{path}@{reference}" if commit else (folder / path).as_posix()
                return Fetched(text, name, request.project, commit, path, note, reference if commit else "")
        return Unreachable(note) if note else NotFound("file")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the paths of all files at a commit, without one those of the folder."""
        folder = self._folder(Request("project", "", project))
        if folder is None:
            return Unreachable("it is not here")
        if not commit:
            return tuple(ProjectFiles(folder).paths())
        return tuple(filter(None, (self._git(folder, "ls-tree", "-r", "-z", "--name-only", commit) or "").split("\0")))

    def _folder(self, request: Request) -> Path | None:
        project = request.project.lower()
        found = (folder for path, folder in self.folders.items() if f"/{path}".endswith(f"/{project}"))
        return next(found, None) if project else None

    def _meant(self, folder: Path, request: Request) -> str:
        """Return the reference that a version stands for."""
        reference = request.reference
        if request.kind != "component" or not (reference == LATEST or is_partial(reference)):
            return reference
        return newest((self._git(folder, "tag", "--list") or "").split("\n"), reference) or reference

    def _commit(self, folder: Path, reference: str) -> str:
        """Return the commit, empty when it is to be read from the folder."""
        key = (folder, reference)
        if key not in self.commits:
            self.commits[key] = self._resolved(folder, reference)
        return self.commits[key]

    def _resolved(self, folder: Path, reference: str) -> str:
        if reference in ("", "HEAD") or not _REFERENCE.fullmatch(reference) or not (folder / ".git").exists():
            return ""
        names = [name + reference for name in _NAMES] + [reference] * bool(_SHA.fullmatch(reference))
        found = (self._git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") for name in names)
        return next((commit.strip() for commit in found if commit), "")

    def _text(self, folder: Path, commit: str, path: str) -> str | None:
        if commit:
            return self._git(folder, "cat-file", "blob", f"{commit}:{path}")
        try:
            return ProjectFiles(folder).read(path)
        except SourceError:
            return None

    def _git(self, folder: Path, *arguments: str) -> str | None:
        """Return what git prints, None when it has no answer."""
        command = ["git", "-C", str(folder), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=self.environ, check=False)
            return done.stdout[: _BYTES + 1].decode() if done.returncode == 0 else None
        except (OSError, ValueError, subprocess.SubprocessError):  # no git; a zero byte; bytes that are no text
            return None


def folders(given: Iterable[str]) -> dict[str, Path]:
    """Return the folders by project from `PROJECT=DIR`; UsageError when one is no folder."""
    made = {}
    for one in given:
        project, equals, folder = one.partition("=")
        if not equals or not project.strip("/"):
            raise UsageError(f"{one!r} is not PROJECT=DIR", place="--include-path", hint="as group/project=../project")
        if not Path(folder).is_dir():
            raise UsageError(f"{folder!r} is not a directory", place="--include-path", hint="give a checkout")
        made[project.strip("/").lower()] = Path(folder)
    return made


def _paths(request: Request) -> tuple[str, ...]:
    if request.kind == "component":
        return f"templates/{request.path}.yml", f"templates/{request.path}/template.yml"
    return (request.path,)
