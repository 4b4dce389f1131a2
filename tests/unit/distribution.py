"""A registry in this process: uploads, mounts, ranges, tags, deletions and, if asked for, referrers.

Faults are put before it.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.servers import CONFIG, Answer, Seen

INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
VERSION = (("Docker-Distribution-Api-Version", "registry/2.0"),)
_PATH = re.compile(r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs|referrers)/(?P<rest>.*)")

# Returns what to answer instead of the registry; HANG_UP for nothing at all, None to let the registry answer.
HANG_UP = Answer(599)
Fault = Callable[[Seen, "Distribution"], Answer | None]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Repository:
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Distribution:
    """What is in it by repository; `seen` are the requests below a repository, `METHOD path`."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    mounts: bool = True
    ranges: bool = True
    referrers: bool = False
    deletes: bool = True
    single_tags: bool = False  # deletes a tag without its manifest, as GitLab's registry does
    netloc: str = ""
    # With tokens: what they allow by repository; "" is who asks without a token.
    grants: dict[str, list[str]] | None = None
    meta: dict[str, object] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def of(self, name: str) -> Repository:
        return self.repositories.setdefault(name, Repository())

    # filling it

    def blob(self, name: str, content: bytes) -> dict[str, object]:
        self.of(name).blobs[digest_of(content)] = content
        return {"mediaType": LAYER, "digest": digest_of(content), "size": len(content)}

    def manifest(self, name: str, document: object, tag: str = "") -> dict[str, object]:
        content = json.dumps(document, indent=3).encode()  # spaces that nobody else would write
        kind = str(document["mediaType"]) if isinstance(document, dict) else IMAGE
        self.put(name, tag or digest_of(content), kind, content)
        return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}

    def image(self, name: str, tag: str = "", *layers: bytes, **more: object) -> dict[str, object]:
        config = json.dumps({"os": "linux", "architecture": "amd64", "of": f"{name}:{tag}{layers!r:.80}"}).encode()
        document = {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": self.blob(name, config) | {"mediaType": CONFIG},
            "layers": [self.blob(name, layer) for layer in layers or (b"layer",)],
            **more,
        }
        return self.manifest(name, document, tag)

    def index(self, name: str, tag: str, *children: dict[str, object]) -> dict[str, object]:
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(children)}
        return self.manifest(name, document, tag)

    def put(self, name: str, reference: str, kind: str, content: bytes) -> None:
        digest = digest_of(content)
        self.of(name).manifests[digest] = (kind, content)
        if ":" not in reference:
            self.of(name).tags[reference] = digest

    def count(self, method: str, part: str = "") -> int:
        return sum(one.startswith(f"{method} ") and part in one for one in self.seen)

    # answering

    def __call__(self, seen: Seen) -> Answer | None:
        if seen.path.startswith("/token"):
            return self._token(seen)
        if self.grants is not None and seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            realm = f'Bearer realm="http://{self.netloc}/token",service="s"'
            realm += ',error="invalid_token"' if "authorization" in seen.headers else ""
            return Answer(401, b"", (("WWW-Authenticate", realm), *VERSION))
        if seen.path == "/v2/":
            return Answer(200, b"{}", VERSION)
        self.seen.append(f"{seen.method} {seen.path}")
        for fault in self.faults:
            answer = fault(seen, self)
            if answer is not None:
                return None if answer is HANG_UP else answer
        path = urlsplit(seen.path).path
        if path.endswith("/tags/list"):
            return self._list(path.removeprefix("/v2/").removesuffix("/tags/list"))
        found = _PATH.match(path)
        if not found:
            return Answer(404)
        answers = {
            "manifests": self._manifests,
            "blobs": self._blobs,
            "blobs/uploads": self._uploads,
            "referrers": self._referrers,
        }
        return answers[found["kind"]](seen, found["name"], found["rest"])

    def _token(self, seen: Seen) -> Answer:
        scopes = parse_qs(urlsplit(seen.path).query).get("scope", [])
        access = []
        for scope in scopes:
            _, name, actions = scope.split(":")
            allowed = [one for one in actions.split(",") if one in (self.grants or {}).get(name, [])]
            access.append({"type": "repository", "name": name, "actions": allowed, "meta": self.meta})
        claims = {"exp": time.time() + 300, "access": access, "jti": len(self.tokens)}
        token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x"
        self.tokens.add(token)
        return Answer(200, json.dumps({"token": token}).encode())

    def _list(self, name: str) -> Answer:
        return Answer(200, json.dumps({"name": name, "tags": sorted(self.of(name).tags)}).encode())

    def _delete(self, name: str, reference: str) -> Answer:
        """By digest with every tag that is at it, as Distribution 2.8 does; by tag only if that is turned on."""
        repository = self.of(name)
        if not self.deletes:
            return Answer(405, b'{"errors":[{"code":"UNSUPPORTED"}]}')
        if ":" not in reference:
            if not self.single_tags:
                return Answer(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
            return Answer(202 if repository.tags.pop(reference, None) else 404)
        if repository.manifests.pop(reference, None) is None:
            return Answer(404)
        repository.tags = {tag: digest for tag, digest in repository.tags.items() if digest != reference}
        return Answer(202)

    def _manifests(self, seen: Seen, name: str, reference: str) -> Answer:
        repository = self.of(name)
        if seen.method == "PUT":
            return self._put(seen, name, reference)
        if seen.method == "DELETE":
            return self._delete(name, reference)
        digest = repository.tags.get(reference, reference)
        if digest not in repository.manifests:
            return Answer(404)
        kind, content = repository.manifests[digest]
        return Answer(200, content, (("Docker-Content-Digest", digest), ("Content-Type", kind)))

    def _put(self, seen: Seen, name: str, reference: str) -> Answer:
        repository, document = self.of(name), json.loads(seen.body)
        parts = [document["config"], *document["layers"]] if "layers" in document else []
        missing = [part for part in parts if part["digest"] not in repository.blobs]
        missing += [one for one in document.get("manifests", ()) if one["digest"] not in repository.manifests]
        if missing or (":" in reference and reference != digest_of(seen.body)):
            return Answer(400, b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}')
        self.put(name, reference, seen.headers["content-type"], seen.body)
        return Answer(201, b"", (("Docker-Content-Digest", digest_of(seen.body)),))

    def _blobs(self, seen: Seen, name: str, digest: str) -> Answer:
        content = self.of(name).blobs.get(digest)
        if content is None:
            return Answer(404)
        asked = re.match(r"bytes=(\d+)-", seen.headers.get("range", ""))
        if not asked or not self.ranges:
            return Answer(200, content)
        begin = int(asked[1])
        said = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        return Answer(206, content[begin:], (("Content-Range", said),))

    def _uploads(self, seen: Seen, name: str, rest: str) -> Answer:
        query = {key: values[0] for key, values in parse_qs(urlsplit(seen.path).query).items()}
        if seen.method == "POST":
            return self._begin(name, query)
        if rest not in self.uploads:
            return Answer(404, b'{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}')
        kept = self.uploads[rest]
        if seen.method == "DELETE":
            del self.uploads[rest]
            return Answer(204)
        if seen.method == "PATCH":
            begin = int(seen.headers["content-range"].partition("-")[0])
            if begin != len(kept):
                return Answer(416)
        kept += seen.body
        if seen.method != "PUT":
            return self._upload(202 if seen.method == "PATCH" else 204, name, rest)
        del self.uploads[rest]
        if digest_of(bytes(kept)) != unquote(query["digest"]):
            return Answer(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
        self.of(name).blobs[query["digest"]] = bytes(kept)
        return Answer(201)

    def _begin(self, name: str, query: dict[str, str]) -> Answer:
        content = self.of(query.get("from", "-")).blobs.get(query.get("mount", ""))
        if content is not None and self.mounts:
            self.of(name).blobs[query["mount"]] = content
            return Answer(201)
        number = str(len(self.uploads) + len(self.seen))
        self.uploads[number] = bytearray()
        return self._upload(202, name, number)

    def _upload(self, status: int, name: str, number: str) -> Answer:
        said = f"0-{max(len(self.uploads[number]) - 1, 0)}"
        return Answer(status, b"", (("Location", f"/v2/{name}/blobs/uploads/{number}"), ("Range", said)))

    def _referrers(self, seen: Seen, name: str, digest: str) -> Answer:
        if not self.referrers:
            return Answer(404)
        found = [
            {"mediaType": kind, "digest": at, "size": len(content), "artifactType": "t"}
            for at, (kind, content) in self.of(name).manifests.items()
            if (json.loads(content).get("subject") or {}).get("digest") == digest
        ]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
        return Answer(200, json.dumps(document).encode(), (("Content-Type", INDEX),))


def once(condition: Callable[[Seen], bool], answer: Answer, times: int = 1) -> Fault:
    """Answer so, the first `times` that the condition holds."""
    left = [times]

    def fault(seen: Seen, registry: Distribution) -> Answer | None:
        if left[0] and condition(seen):
            left[0] -= 1
            return answer
        return None

    return fault
