"""The settings of a BuildKit daemon that is started for a run: whom it trusts.

Source: moby/buildkit docs "buildkitd.toml", `[registry."host"]`.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from ci_kit.build.workshop import Workshop
from ci_kit.registry import trust


def written(shop: Workshop) -> Sequence[Path]:
    """Return the file with the settings, in the private folder; nothing when there is nothing to set."""
    text = "".join(_registry(name, shop) for name in sorted(shop.logins))
    if not text:
        return ()
    file = shop.folder / "buildkitd.toml"
    file.write_text(text, encoding="utf-8")
    return (file,)


def _registry(name: str, shop: Workshop) -> str:
    found = [str(path.resolve()) for path in trust.certificate_files(name, shop.environ)]
    return f"[registry.{json.dumps(name)}]\n  ca = {json.dumps(found)}\n" if found else ""
