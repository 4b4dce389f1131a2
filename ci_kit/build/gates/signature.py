"""A signature by cosign, of the image at its digest. Source: cosign docs "Signing containers", "Signing with keys"."""

from typing import NamedTuple

from ci_kit.build.gate import Pushed, run
from ci_kit.model.builder import Output
from ci_kit.model.check import Check

NAME = "signature"
_PASSWORD = "COSIGN_PASSWORD"


class Signature(NamedTuple):
    """Signs with `key`, a reference that cosign takes (`env://NAME`, a path, an address); without one keyless.

    A key itself is never an argument: it stays in its variable or file.
    """

    key: str = ""

    def check(self, image: Pushed, output: Output) -> Check:
        """Return whether the signature is in the registry."""
        how = f"with {self.key}" if self.key else "keyless"
        words = ["cosign", "sign", "--yes", *([f"--key={self.key}"] if self.key else []), image.pinned]
        # Without the variable cosign would ask a terminal; a key without password has an empty one.
        ended = run(words, {_PASSWORD: "", **image.environ}, output)
        if ended.code != 0:
            return Check(NAME, "failed", f"cosign ended with {ended.code}: {ended.reason}")
        return Check(NAME, "passed", f"cosign, {how}")
