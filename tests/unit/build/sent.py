"""What a build request sends to a daemon: its Dockerfile, and the labels that the image will have."""

import io
import json
import shlex
import tarfile
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from tests.unit.servers import Seen


def dockerfile(seen: Seen) -> str:
    """Return the text of the Dockerfile in the archive of a request."""
    with tarfile.open(fileobj=io.BytesIO(seen.body)) as archive:
        file = archive.extractfile(parse_qs(urlsplit(seen.path).query)["dockerfile"][0])
        assert file
        return file.read().decode()


def labels(seen: Seen) -> Mapping[str, str]:
    """Return the labels that the request asks for: in the last line of its Dockerfile, and beside it."""
    said = json.loads(parse_qs(urlsplit(seen.path).query).get("labels", ["{}"])[0])
    name, _, line = dockerfile(seen).splitlines()[-1].partition(" ")
    pairs = shlex.split(line.replace("\\$", "$")) if name == "LABEL" else []
    return {**dict(pair.split("=", 1) for pair in pairs), **said}
