"""Other programs that talk to registries: those of this machine, and those that Debian has in sid only."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

SID = ("crane", "oras")  # they run on bookworm as they are


def installed(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return those of `names` that are here, with their paths; crane and oras come from Debian's sid where apt can."""
    found = {name: shutil.which(name) for name in names}
    wanted = [name for name in SID if name in names and not found[name]]
    if wanted and shutil.which("apt-get"):
        found |= {name: str(path) for name in wanted if (path := _unpacked(folder, name)).exists()}
    return {name: path for name, path in found.items() if path}


def _unpacked(folder: Path, name: str) -> Path:
    """Return where the program is after it was fetched by an apt of its own, which changes nothing on this system."""
    for each in ("lists/partial", "cache/archives/partial"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    words = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Label: Debian"]
    mirrors = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(f"deb [signed-by={key}] {(mirrors or [''])[0]} sid main\n", encoding="utf-8")
    options = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Cache": folder / "cache",
    }
    apt = ["apt-get", *(f"-o{key}={value}" for key, value in options.items())]
    for step in (["update"], ["download", name]):
        subprocess.run([*apt, *step], cwd=folder, capture_output=True, check=False)
    for package in folder.glob(f"{name}_*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "x"], capture_output=True, check=False)
    return folder / "x/usr/bin" / name
