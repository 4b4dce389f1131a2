"""Annotations: derived from labels, set by hand, each at its levels."""

from ci_kit.build.options import annotations
from ci_kit.model.annotation import Annotation

LABELS = {"org.opencontainers.image.revision": "1", "team": "x"}
REVISION = "org.opencontainers.image.revision"


def test_what_oci_names_is_an_annotation_of_the_manifest() -> None:
    assert annotations.of(LABELS, {}, (), several=False) == (Annotation("manifest", REVISION, "1"),)


def test_an_index_has_them_too() -> None:
    found = annotations.of(LABELS, {}, (), several=True)
    assert found == (Annotation("manifest", REVISION, "1"), Annotation("index", REVISION, "1"))


def test_levels_may_be_said_for_all_and_for_one() -> None:
    said = {"a": "1", "index,manifest-descriptor:b": "2", f"index-descriptor:{REVISION}": "3"}
    found = annotations.of(LABELS, said, ("index-descriptor",), several=False)
    assert annotations.at("index-descriptor", found) == {REVISION: "3", "a": "1"}
    assert annotations.at("index", found) == {"b": "2"}
    assert annotations.at("manifest-descriptor", found) == {"b": "2"}
    assert annotations.at("manifest", found) == {}
