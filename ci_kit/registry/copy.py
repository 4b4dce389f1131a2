"""An image from one repository to another, byte for byte: mounted where it may be, else streamed through this process.

Sources: OCI "Distribution Specification" 1.1, "Push"; OCI "Image Index"; cosign's tags.
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

from ci_kit.registry import graph, referrers
from ci_kit.registry.blob import Blob, blobs, children
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.download import Download
from ci_kit.registry.lanes import Lanes
from ci_kit.registry.referrers import Question, Referrers
from ci_kit.registry.side import COPIED, MOUNTED, PRESENT, Side, Tally
from ci_kit.registry.upload import Upload, cancel, has_blob, mount

_LANES = 4
_DEEPEST_REFERRER = 4  # the signature of an SBOM of a signature is enough


class _Lane(NamedTuple):
    reader: RegistryClient
    target: RegistryClient


class Copy:
    """One image on its way from `source` to `target`; `run` leaves all but the image's own manifest there."""

    def __init__(self, source: Side, target: Side, *, with_referrers: bool = True) -> None:
        """Keep both ends; nothing is sent yet. The ends' own connections serve the first of four lanes."""
        self.tally = Tally()
        self._source = source
        self._target = target
        self._with_referrers = with_referrers
        self._may_mount = source.client.same_identity(target.client)
        self._stop = threading.Event()
        self._lanes = [_Lane(source.client, target.client)]

    def run(self, root: Manifest) -> None:
        """Bring over all that `root` names and all that refers to it, but neither `root` itself nor a tag of it.

        RegistryError when a part cannot be read or written: what is there by then is whole, and no tag has moved.
        """
        try:
            self._run(root)
        finally:
            for lane in self._lanes[1:]:
                lane.reader.close()
                lane.target.close()

    def _run(self, root: Manifest) -> None:
        known = {root.digest: root}
        is_there = bool(self._target.client.digest(self._target.at(root.digest)))
        if is_there and not self._with_referrers:
            return
        self._open_lanes()
        graph.fetch(self._readers, self._source.repository, list(children(root)), known)
        image = list(known)
        found = self._referrers(known) if self._with_referrers else []
        wanted = [digest for digest in known if not (is_there and digest in image)]
        self._blobs([known[digest] for digest in wanted])
        for manifest in graph.upwards(list(known), known):
            if manifest.digest in wanted and manifest.digest != root.digest:
                self._put(manifest)
        self._attach(found, known)

    def _open_lanes(self) -> None:
        """Open the other lanes, now that tokens are there to be shared."""
        for _ in range(_LANES - 1):
            target = self._target.client.sibling()
            reader = target if self._source.client is self._target.client else self._source.client.sibling()
            self._lanes.append(_Lane(reader, target))

    @property
    def _readers(self) -> list[RegistryClient]:
        return [lane.reader for lane in self._lanes]

    def _referrers(self, known: dict[str, Manifest]) -> list[Referrers]:
        """Return what refers to the manifests `known`, and to that in turn; its manifests are added to `known`."""
        found: list[Referrers] = []
        subjects = list(known)
        for _ in range(_DEEPEST_REFERRER):
            asked = [one for digest in subjects for one in referrers.questions(digest)]
            new = Lanes(self._readers, self._stop).each(self._find, asked)
            found += [one for one in new if one.digests]
            before = set(known)
            graph.fetch(self._readers, self._source.repository, [at for one in new for at in one.digests], known)
            subjects = [digest for digest in known if digest not in before]
            if not subjects:
                break
        return found

    def _find(self, client: RegistryClient, asked: Question) -> Referrers:
        """Return what refers to a digest; a referrer that was deleted, though it is still listed, is none."""
        found = referrers.answer(client, self._source.repository, asked)
        alive = tuple(one for one in found.descriptors if client.digest(self._source.at(str(one["digest"]))))
        return found._replace(descriptors=alive)

    def _blobs(self, manifests: Sequence[Manifest]) -> None:
        parts = list({blob.digest: blob for manifest in manifests for blob in blobs(manifest)}.values())
        parts.sort(key=lambda blob: -blob.size)  # the longest first, so that none is left alone at the end
        for blob, how in zip(parts, Lanes(self._lanes, self._stop).each(self._blob, parts), strict=True):
            self.tally.add(blob.size, how)

    def _blob(self, lane: _Lane, blob: Blob) -> str:
        target, address = self._target.repository, ""
        if self._may_mount:
            offered = mount(lane.target, target, blob.digest, self._source.repository)
            if offered is None:
                return MOUNTED
            address = offered
        if has_blob(lane.target, target, blob.digest):
            if address:
                cancel(lane.target, target, address)
            return PRESENT
        self._stream(lane, blob, address)
        return COPIED

    def _stream(self, lane: _Lane, blob: Blob, address: str) -> None:
        reader = lane.target.sibling() if lane.reader is lane.target else lane.reader
        download = Download(reader, self._source.repository, blob, self._stop)
        try:
            Upload(lane.target, self._target.repository, download, address).run()
        finally:
            download.close()
            if reader is not lane.reader:
                reader.close()

    def _put(self, manifest: Manifest) -> None:
        self._target.client.put_manifest(self._target.at(manifest.digest), manifest)
        self.tally.manifests += 1

    def _attach(self, found: Sequence[Referrers], known: dict[str, Manifest]) -> None:
        for one in found:
            referrers.attach(self._target.client, self._target.repository, one)
            for tag, digest in one.tags.items():
                self._tag(tag, known[digest])
            self.tally.referrers += one.digests

    def _tag(self, tag: str, manifest: Manifest) -> None:
        """Set a tag of cosign's, unless the one there holds signatures that ours does not."""
        client, where = self._target.client, self._target.at(tag)
        digest = client.digest(where)
        if digest == manifest.digest:
            return
        if not digest or referrers.may_replace(client.manifest(where), manifest):
            client.put_manifest(where, manifest)
