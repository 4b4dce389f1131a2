"""Programs that stand for cosign, syft, trivy and grype: each writes down how it was called, and ends as it is told."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCRIPT = """#!{python}
import json, os, sys
folder, name = {folder!r}, {name!r}
said = dict(argv=sys.argv[1:], environ=dict(os.environ), stdin=sys.stdin.read())
config = os.path.join(os.environ.get("DOCKER_CONFIG", "/nowhere"), "config.json")
said["logins"] = sorted(json.load(open(config))["auths"]) if os.path.exists(config) else []
with open(os.path.join(folder, "calls.jsonl"), "a") as file:
    file.write(json.dumps(dict(said, name=name)) + "\\n")
for word in sys.argv:
    if name == "syft" and "=" in word and {code} == 0:
        open(word.partition("=")[2], "w").write({text!r})
print({line!r})
sys.exit({code})
"""


@dataclass(frozen=True, slots=True)
class Fakes:
    """A folder for the PATH, and what its programs were called with."""

    folder: Path

    def add(self, name: str, code: int = 0, line: str = "done", text: str = '{"components": []}') -> None:
        """Put a program there that prints `line`, where syft would writes `text`, and ends with `code`."""
        self.folder.mkdir(exist_ok=True)
        program = self.folder / name
        said = {"python": sys.executable, "folder": str(self.folder), "name": name, "code": code, "line": line}
        program.write_text(_SCRIPT.format(**said, text=text))
        program.chmod(0o755)

    def calls(self) -> list[dict[str, Any]]:
        """Return each call: name, argv, environ, stdin, and for which registries it had a login."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
