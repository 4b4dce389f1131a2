"""Chromium without a window, out of Debian's package: what it makes of a page, and a picture of it.

It runs in a tree of its own, in namespaces of its own, and sees nothing of the machine but the folder it is given.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from tests.rig import cache, rootfs
from tests.rig.process import run

_PACKAGES = ["chromium-headless-shell", "fonts-dejavu-core"]
_SOFTWARE_3D = ("libllvm", "mesa-", "libz3-")  # 200 MB that draw what no page of ours has
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --allow-file-access-from-files --hide-scrollbars"
)
_INSIDE = """
mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/tmp" || exit 1
mkdir "$1/tmp/page" && mount --bind "$2" "$1/tmp/page" || exit 1
tree=$1; shift 2
exec chroot "$tree" /usr/lib/chromium/chromium-headless-shell "$@"
"""


@dataclass(frozen=True, slots=True)
class Browser:
    """Chromium in its `tree`."""

    tree: Path

    def picture(self, page: Path, name: str, size: tuple[int, int], *flags: str) -> Path:
        """Return a picture of `page` beside it, as it looks in a window of `size` pixels."""
        width, height = size
        shot = f"--screenshot=/tmp/page/{name}"
        self._run(page.parent, shot, f"--window-size={width},{height}", *flags, f"file:///tmp/page/{page.name}")
        return page.parent / name

    def ask(self, page: Path, script: str, widths: tuple[int, ...]) -> dict[int, Any]:
        """Return for each width what the function `script` returns of the page's document, as JSON."""
        frames = "".join(
            f'<iframe src="{page.name}" style="width:{width}px;height:900px"></iframe>' for width in widths
        )
        asking = page.with_name(f"ask-{page.name}")
        asking.write_text(
            f"<!doctype html>{frames}<pre></pre><script>onload = () => document.querySelector('pre').textContent = "
            f"JSON.stringify([...document.querySelectorAll('iframe')].map(frame => ({script})(frame.contentDocument)))"
            "</script>",
            encoding="utf-8",
        )
        shown = self._run(page.parent, "--dump-dom", "--window-size=1600,1200", f"file:///tmp/page/{asking.name}")
        found = re.search(r"<pre>(.+?)</pre>", shown, re.DOTALL)
        assert found, shown[-500:]
        return dict(zip(widths, json.loads(unescape(found[1])), strict=True))

    def _run(self, folder: Path, *arguments: str) -> str:
        inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _INSIDE, "sh"]
        if os.geteuid() != 0:
            inside[1:1] = ["--user", "--map-root-user"]
        words = [*inside, str(self.tree), str(folder), *_FLAGS.split(), "--user-data-dir=/tmp/user", *arguments]
        done = subprocess.run(words, env=_environ(os.environ), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


def chromium() -> Browser:
    """Return the browser; it is fetched once and shared as the trees of the rig are."""
    inputs = cache.digest(Path(__file__).read_bytes(), Path(rootfs.__file__).read_bytes(), os.uname().machine)
    return Browser(cache.entry(cache.folder(os.environ), "chromium", inputs, _make))


def _make(folder: Path) -> None:
    scratch = folder / "apt"
    options = rootfs.isolated_apt(scratch, rootfs.SUITE)
    run(["apt-get", *options, "update"])
    packages = rootfs.download(scratch, options, _PACKAGES)
    rootfs.unpack([package for package in packages if not package.name.startswith(_SOFTWARE_3D)], folder)
    for name in ("proc", "dev", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    shutil.rmtree(scratch)


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": environ.get("PATH", "/usr/sbin:/usr/bin"), "HOME": "/tmp", "LANG": "C.UTF-8"}
