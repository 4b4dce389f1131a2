"""The settings of a BuildKit daemon that is started for a run: whom it trusts, and what it asks before Docker Hub.

Source: moby/buildkit docs "buildkitd.toml", `[registry."host"]`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ci_kit.build.workshop import Workshop
from ci_kit.registry import trust


def written(shop: Workshop) -> Sequence[Path]:
    """Return the file with the settings, in the private folder; nothing when there is nothing to set."""
    names = {*shop.logins, *filter(None, [urlsplit(shop.mirror).netloc])}
    text = "".join([*(_registry(name, shop) for name in sorted(names)), _mirror(shop.mirror)])
    if not text:
        return ()
    file = shop.folder / "buildkitd.toml"
    file.write_text(text, encoding="utf-8")
    return (file,)


def _registry(name: str, shop: Workshop) -> str:
    found = [str(path.resolve()) for path in trust.certificate_files(name, shop.environ)]
    said = [f"ca = {json.dumps(found)}"] if found else []
    said += ["http = true"] if urlsplit(shop.mirror)[:2] == ("http", name) else []
    return "".join([f"[registry.{json.dumps(name)}]\n", *(f"  {line}\n" for line in said)]) if said else ""


def _mirror(address: str) -> str:
    url = urlsplit(address)
    return f'[registry."docker.io"]\n  mirrors = [{json.dumps(url.netloc + url.path.rstrip("/"))}]\n' if address else ""
