"""A file that several jobs would write: each has its image's name in it, or a later job would see only the last."""

from pathlib import PurePosixPath


def of(path: str, name: str) -> str:
    """Return the path with the image's name in it: `out/result-web.json`; an empty one stays empty."""
    whole = PurePosixPath(path)
    return str(whole.with_name(f"{whole.stem}-{name}{whole.suffix}")) if path else ""


def beside(path: str, name: str, other: str) -> str:
    """Return where the job of the image `other` writes what that of `name` writes to `path`."""
    whole = PurePosixPath(path)
    return of(str(whole.with_name(whole.stem.removesuffix(f"-{name}") + whole.suffix)), other) if path else ""
