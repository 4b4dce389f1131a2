"""What has a tag now: commit, date and version of an image in a registry, as its labels say."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ci_kit.build.tagging import labels, moment
from ci_kit.errors import RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.content import measure


class Holder(NamedTuple):
    """The commit that an image is of, that commit's date, and its version; empty or None where no label says it.

    Without a commit there is no date: what other tools write as `created` is when they built.
    """

    revision: str = ""
    date: datetime | None = None
    version: str = ""


def of_labels(said: Mapping[str, str]) -> Holder:
    """Return what labels tell of their image."""
    revision = said.get(labels.REVISION, "")
    date = moment.commit_date(said.get(labels.CREATED, "")) if revision else None
    return Holder(revision, date, said.get(labels.VERSION, ""))


def read(registry: RegistryClient, pinned: ImageRef) -> Holder:
    """Return what the labels of the image at a digest tell; nothing of what is no image, or vanished meanwhile."""
    try:
        return of_manifest(registry, pinned.repository, registry.manifest(pinned))
    except RegistryError:
        return Holder()


def of_manifest(registry: RegistryClient, repository: str, manifest: Manifest) -> Holder:
    """Return what the labels of an image tell whose manifest is here already; nothing of what is no image."""
    try:
        return of_labels(measure(registry, repository, manifest).labels)
    except RegistryError:
        return Holder()
