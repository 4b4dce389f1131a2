"""All settings out of flags, variables and `.ci-kit.yml`: the first that says something wins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ci_kit.config import check, images, sources
from ci_kit.config.option import IMAGES, Option
from ci_kit.config.options import OPTIONS, of_section
from ci_kit.config.said import Complaint, Said, raise_first
from ci_kit.config.settings import (
    CleanupSettings,
    LintSettings,
    PipelineSettings,
    RecordSettings,
    Settings,
    SupplyChainSettings,
)
from ci_kit.config.sources import Values
from ci_kit.errors import SettingsError, UsageError

FILE_NAME = ".ci-kit.yml"


def find(root: Path) -> Path | None:
    """Return the settings file of the project at `root`, None when it has none; its name alone in this folder."""
    path = Path(FILE_NAME) if root.resolve() == Path.cwd() else root / FILE_NAME
    return path if path.exists() or path.is_symlink() else None


def load(
    path: Path | None, flags: Mapping[str, object], environ: Mapping[str, str], *, root: Path | None = None
) -> Settings:
    """Return the settings: flags over CI_KIT_… over GitLab's CI_… over the file at `path` over the defaults.

    `flags` are named like the options (`--build-arg` is `build_args`); None is: not given. `root` is the project,
    by default where the file lies. SettingsError: the file; UsageError: a flag, a variable, or nothing to build.
    """
    root = root or (path.parent if path else Path())
    values: Values = {}
    of_file: tuple[tuple[dict[str, Said], str], ...] = ()
    if path:
        from ci_kit.config import document

        read = document.load(path)
        values, of_file = read.values, read.images
    above = sources.of_variables(environ) | sources.of_flags(flags)
    if len(of_file) < 2:  # GitLab's one variable cannot mean one of several images
        above = sources.of_gitlab(environ) | above
    _refuse_wrong(above)
    of_image = {key: said for (section, key), said in above.items() if section == IMAGES}
    built, others = images.settle(of_file, of_image, root)
    raise_first(images.complaints((*built, *others)), SettingsError)
    return Settings(
        images=built,
        pipeline=PipelineSettings(**_section("pipeline", values | above)),
        record=RecordSettings(**_section("record", values | above)),
        supply_chain=SupplyChainSettings(**_section("supply_chain", values | above)),
        lint=LintSettings(**_section("lint", values | above)),
        cleanup=CleanupSettings(**_section("cleanup", values | above)),
        path=str(path or ""),
        several=len(of_file) > len(built),
        others=others,
    )


def lint_settings(path: Path) -> LintSettings:
    """Return what the file at `path` says of the linter, whatever it builds. SettingsError: the file is wrong."""
    from ci_kit.config import document

    return LintSettings(**_section("lint", document.load(path).values))


def record_settings(path: Path | None, flags: Mapping[str, object], environ: Mapping[str, str]) -> RecordSettings:
    """Return who is told, and where it is written, whatever is built; raises as `load` does."""
    return RecordSettings(**_section("record", _of_section("record", path, flags, environ)))


def cleanup_settings(path: Path | None, flags: Mapping[str, object], environ: Mapping[str, str]) -> CleanupSettings:
    """Return which tags may be deleted, whatever is built; raises as `load` does."""
    return CleanupSettings(**_section("cleanup", _of_section("cleanup", path, flags, environ)))


def _of_section(section: str, path: Path | None, flags: Mapping[str, object], environ: Mapping[str, str]) -> Values:
    from ci_kit.config import document

    every = sources.of_variables(environ) | sources.of_flags(flags)
    above = {key: said for key, said in every.items() if key[0] == section}
    _refuse_wrong(above)
    return (document.load(path).values if path else {}) | above


def _refuse_wrong(above: Values) -> None:
    options = {(option.section, option.key): option for option in OPTIONS}
    complaints = [found for key, said in above.items() for found in check.complaints(options[key], said, anywhere=True)]
    raise_first([_plain(complaint) for complaint in complaints], UsageError)


def _plain(complaint: Complaint) -> Complaint:
    """Return the complaint without the option's path: the flag or variable names it already."""
    return complaint._replace(message=complaint.message.partition(": ")[2] or complaint.message)


def _section(section: str, values: Values) -> dict[str, Any]:
    return {
        option.key: _settled(option, values[section, option.key])
        for option in of_section(section)
        if (section, option.key) in values
    }


def _settled(option: Option, said: Said) -> object:
    return images.lines(said) if option.kind == "lines" else check.normal(option, said.value)
