"""Included files on disk, so that a later run needs no network: `--cache`.

A reference is kept with its commit, a file with the commit it is from. An entry is written whole or not at all; one
that cannot be read counts as none.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ci_kit.model.fetch import Fetched, Fetcher, NotFound, Request, Unreachable

_KEPT = ("name", "commit", "path", "version")
_MISSING = Unreachable("it is not in the cache", "run once with --cache --fetch")


def default_folder(environ: Mapping[str, str]) -> Path:
    """Return where entries go when the user names no folder."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):  # the XDG specification: a relative path is to be ignored
        base = str(Path(environ.get("HOME") or "~").expanduser() / ".cache")
    return Path(base) / "ci-kit" / "includes"


class Cached:
    """A fetcher that keeps what another brings, and answers for it when that one cannot, or when there is none."""

    def __init__(self, folder: Path, instance: str, behind: Fetcher | None) -> None:
        """Keep entries of one `instance` of GitLab below `folder`."""
        self.folder = folder
        self.instance = instance
        self.behind = behind

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return what is brought now, else what was kept."""
        found: Fetched | NotFound | Unreachable = self.behind.fetch(request) if self.behind else _MISSING
        if isinstance(found, Fetched):
            self._keep(request, found)
        if not isinstance(found, Unreachable):
            return found
        kept = self._kept(request)
        if kept is None:
            return found
        stale = f"`{request.path}` is read as the cache has it: {found.reason}"
        return kept._replace(note=stale) if self.behind else kept

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the paths as they are found now, else as they were."""
        found: tuple[str, ...] | Unreachable = self.behind.paths(project, commit) if self.behind else _MISSING
        key = ("paths", project, commit)
        if not isinstance(found, Unreachable):
            self._write(key, {"paths": list(found)})
            return found
        kept = self._read(key)
        return tuple(map(str, kept["paths"])) if kept and isinstance(kept.get("paths"), list) else found

    def _keep(self, request: Request, found: Fetched) -> None:
        self._write(("file", request.kind, found.project, found.commit, found.path), {"text": found.text})
        self._write(("reference", *request), {key: getattr(found, key) for key in _KEPT})

    def _kept(self, request: Request) -> Fetched | None:
        known = self._read(("reference", *request))
        if known is None:
            return None
        about = {key: str(known.get(key, "")) for key in _KEPT}
        file = self._read(("file", request.kind, request.project, about["commit"], about["path"]))
        return Fetched(str(file["text"]), project=request.project, **about) if file and "text" in file else None

    def _file(self, key: tuple[str, ...]) -> Path:
        name = hashlib.sha256(json.dumps((self.instance, *key)).encode()).hexdigest()
        return self.folder / name[:2] / f"{name[2:]}.json"

    def _read(self, key: tuple[str, ...]) -> dict[str, Any] | None:
        try:
            entry = json.loads(self._file(key).read_bytes())
            value = entry["value"]
            whole = entry["sha256"] == _digest([*key, value])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return value if whole and isinstance(value, dict) else None

    def _write(self, key: tuple[str, ...], value: dict[str, Any]) -> None:
        """Replace an entry in one step; a cache that cannot be written is a slow one, no failure."""
        file = self._file(key)
        text = json.dumps({"sha256": _digest([*key, value]), "value": value})  # no key: an address may hold secrets
        with suppress(OSError):
            for folder in (self.folder, file.parent):  # the mode counts for the last folder only
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=file.parent)  # for its owner only
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                    opened.write(text)
                Path(temporary).replace(file)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
