"""`python3 -m tests.rig.gitlab CONFIG`: serve until killed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.rig.gitlab import settings
from tests.rig.gitlab.server import Server

if __name__ == "__main__":
    Server(settings.load(Path(sys.argv[1]))).serve_forever()
