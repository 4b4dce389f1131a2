"""Setting one tag, and believing only what the registry says afterwards."""

from ci_kit.errors import NotPushedError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient


def set_tag(reference: ImageRef, manifest: Manifest, registry: RegistryClient) -> None:
    """Put `manifest` under a tag of its own repository; NotPushedError when the registry has something else then."""
    registry.put_manifest(reference, manifest)
    digest = registry.digest(reference)
    if digest != manifest.digest:
        has = f"the registry has {digest}" if digest else "the registry has no such tag"
        raise NotPushedError(f"{reference} was set to {manifest.digest}, but {has}", hint="try again; look at its log")
