"""The settings of an image's supply chain: what is told of it, what is asked, and who signs."""

from typing import get_args

from ci_kit.config.option import Option
from ci_kit.config.settings import Provenance, SbomFormat, SbomKind, Severity, Signing

OF_SUPPLY_CHAIN: tuple[Option, ...] = (
    Option(
        "supply_chain",
        "sbom",
        "choice",
        "List what is in the image: `file` with syft, as ci-kit-sbom-NAME.json; `attestation` by the builder, in the "
        "registry; `auto` is syft where it is, else the builder.",
        flags=("--sbom",),
        variable="CI_KIT_SBOM",
        choices=get_args(SbomKind),
        implied="auto",
    ),
    Option(
        "supply_chain",
        "sbom_format",
        "choice",
        "Format of the file with what is in the image.",
        flags=("--sbom-format",),
        variable="CI_KIT_SBOM_FORMAT",
        choices=get_args(SbomFormat),
    ),
    Option(
        "supply_chain",
        "provenance",
        "choice",
        "Attest how the image was built, in the registry; GitLab's page shows such an image as one of several parts.",
        flags=("--provenance",),
        variable="CI_KIT_PROVENANCE",
        choices=get_args(Provenance),
        implied="max",
    ),
    Option(
        "supply_chain",
        "scan",
        "text",
        "What must find nothing in the image before its other tags are set: `trivy`, `grype`, `auto` for the one that "
        "is there, or a command that gets the image in `$CI_KIT_IMAGE_REF`.",
        flags=("--scan",),
        variable="CI_KIT_SCAN",
        pattern=r"[^\n]+",
        rule="one line",
        implied="auto",
    ),
    Option(
        "supply_chain",
        "scan_severity",
        "choice",
        "Severity from which on a vulnerability fails the scan.",
        flags=("--scan-severity",),
        variable="CI_KIT_SCAN_SEVERITY",
        choices=get_args(Severity),
    ),
    Option(
        "supply_chain",
        "sign",
        "choice",
        "Sign the image at its digest with cosign: with a `key`, `keyless` (GitLab.com), `auto` by what the job has.",
        flags=("--sign",),
        variable="CI_KIT_SIGN",
        choices=get_args(Signing),
        implied="auto",
    ),
    Option(
        "supply_chain",
        "sign_key",
        "text",
        "Key to sign with: the name of a variable, which holds the key or is of type file, or a path or address that "
        "cosign takes.",
        flags=("--sign-key",),
        variable="CI_KIT_SIGN_KEY",
        pattern=r"[^\s]+",
        rule="a name, path or address without spaces",
    ),
)
