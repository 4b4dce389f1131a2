"""One of several processes that set the same tags of one repository at the same time."""

import hashlib
import json
import os
import random
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

from ci_kit.build.tagging.move import Mover
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.opening import open_registry
from ci_kit.registry.upload import put_blob

IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Racer:
    """A job of a commit; `days` has the date of its commit in each round, `reuses` that its image is an old one's."""

    name: str
    image: ImageRef
    environ: dict[str, str]
    days: tuple[int, ...]
    reuses: bool

    def run(self, start: Barrier) -> None:
        login = Credentials(self.environ["CI_REGISTRY_USER"], self.environ["CI_REGISTRY_PASSWORD"], "test")
        client = open_registry(self.image.registry, login, self.environ)
        client.check(self.image.repository)
        chance = random.Random(self.name)
        for number, day in enumerate(self.days):
            built_for = labels("old", 1) if self.reuses else labels(self.name, day)
            manifest = push(client, self.image, f"{self.name if not self.reuses else 'old'} {number}", built_for)
            start.wait(timeout=120)
            time.sleep(chance.random() * 0.05)
            mover = Mover(self.plan(number, day), manifest, client, built_for)
            mover.look_again(mover.set_all())
            start.wait(timeout=120)
        client.close()

    def plan(self, number: int, day: int) -> BuildPlan:
        tags = (PlannedTag(f"{self.name}-{number}", "commit"), PlannedTag(f"race-{number}"))
        first, *moving = (self.image.with_tag(tag.name) for tag in tags)
        return BuildPlan("app", first, tuple(moving), "/", "/Dockerfile", "", {}, labels(self.name, day), tags)


def labels(name: str, day: int) -> dict[str, str]:
    said = {"revision": hashlib.sha1(name.encode()).hexdigest(), "created": f"2026-01-{day:02}T00:00:00Z"}
    return {f"org.opencontainers.image.{key}": value for key, value in said.items()}


def push(client: RegistryClient, image: ImageRef, content: str, said: dict[str, str]) -> Manifest:
    """Put an image with one layer of these few bytes, and return its manifest."""
    layer = content.encode()
    config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Labels": said}}).encode()
    parts = [
        {"mediaType": kind, "digest": put_blob(client, image.repository, part), "size": len(part)}
        for kind, part in ((CONFIG, config), (LAYER, layer))
    ]
    text = json.dumps({"schemaVersion": 2, "mediaType": IMAGE, "config": parts[0], "layers": parts[1:]}).encode()
    made = Manifest(f"sha256:{hashlib.sha256(text).hexdigest()}", IMAGE, text)
    client.put_manifest(image.with_digest(made.digest), made)
    return made


def run(racer: Racer, start: Barrier) -> None:
    os.nice(5)
    racer.run(start)
