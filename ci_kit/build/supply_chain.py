"""From settings to what a builder attests, and to the checks between an image's first tag and the others."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ci_kit.build import gate
from ci_kit.build.gate import Gate, Pushed
from ci_kit.build.private_config import private_config
from ci_kit.config.settings import SupplyChainSettings
from ci_kit.errors import UsageError
from ci_kit.model.builder import Output
from ci_kit.model.check import Check
from ci_kit.registry.auth import Credentials

_ID_TOKEN = "SIGSTORE_ID_TOKEN"
# Returns what became of the checks of the image `name` that is in the registry as `pinned`.
Checks = Callable[[str, str, Output], tuple[Check, ...]]


def no_checks(name: str, pinned: str, output: Output) -> tuple[Check, ...]:
    """Return nothing: there is nothing to check."""
    return ()


def attestations(said: SupplyChainSettings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the builder shall attest, in the words of `docker buildx build --attest`."""
    wanted = []
    if said.sbom == "attestation" or (said.sbom == "auto" and not gate.has("syft", environ)):
        wanted.append("type=sbom")
    if said.provenance != "none":
        wanted.append(f"type=provenance,mode={said.provenance}")
    return tuple(wanted)


def gates(said: SupplyChainSettings, environ: Mapping[str, str]) -> tuple[Gate, ...]:
    """Return the checks in their order: what is in it, whether it is good, and then a signature.

    UsageError when a program or a key is missing: nothing is built for a check that cannot be made.
    """
    found = [_sbom(said, environ), _scan(said, environ), _signature(said, environ)]
    return tuple(each for each in found if each)


def checks(wanted: Sequence[Gate], logins: Mapping[str, Credentials], environ: Mapping[str, str]) -> Checks:
    """Return what makes the checks one after the other, and ends at the first that fails."""
    if not wanted:
        return no_checks

    def check(name: str, pinned: str, output: Output) -> tuple[Check, ...]:
        found: list[Check] = []
        with private_config(logins, environ) as inside:
            image = Pushed(name, pinned, inside, Path(inside["DOCKER_CONFIG"]))
            for each in wanted:
                found.append(each.check(image, output))
                output(f"{name}: {found[-1].name} {found[-1].state}: {found[-1].detail}")
                if found[-1].state == "failed":
                    break
        return tuple(found)

    return check


def stopped(found: Sequence[Check]) -> str:
    """Return why no other tag is set, empty when every check passed."""
    return next((f"{check.name} failed" for check in found if check.state == "failed"), "")


def _sbom(said: SupplyChainSettings, environ: Mapping[str, str]) -> Gate | None:
    if said.sbom == "file":
        gate.require("syft", "supply_chain.sbom: file", environ)
    if said.sbom != "file" and not (said.sbom == "auto" and gate.has("syft", environ)):
        return None
    from ci_kit.build.gates.sbom import Sbom  # an import of its own, as the others: few images are checked

    return Sbom(said.sbom_format)


def _scan(said: SupplyChainSettings, environ: Mapping[str, str]) -> Gate | None:
    if not said.scan:
        return None
    from ci_kit.build.gates import scan

    scanner = scan.present(environ) if said.scan == "auto" else said.scan
    if not scanner:
        hint = "use a job image that has one beside ci-kit, or name a command of your own"
        raise UsageError("supply_chain.scan: there is neither trivy nor grype here", hint=hint)
    if scanner in scan.SCANNERS:
        gate.require(scanner, f"supply_chain.scan: {scanner}", environ)
    return scan.Scan(scanner, said.scan_severity)


def _signature(said: SupplyChainSettings, environ: Mapping[str, str]) -> Gate | None:
    if said.sign == "none":
        return None
    gate.require("cosign", f"supply_chain.sign: {said.sign}", environ)
    key = "" if said.sign == "keyless" else _key(said, environ)
    if not key and (said.sign == "key" or not environ.get(_ID_TOKEN)):
        raise UsageError(
            "supply_chain.sign: there is nothing to sign with",
            hint=f"set {said.sign_key} to a key, or on GitLab.com id_tokens: {_ID_TOKEN}: {{aud: sigstore}}",
        )
    from ci_kit.build.gates.signature import Signature

    return Signature(key)


def _key(said: SupplyChainSettings, environ: Mapping[str, str]) -> str:
    """Return the key as cosign takes it: the file of a variable of type file, else the variable, else what was said."""
    value = environ.get(said.sign_key, "")
    if value:
        return value if "\n" not in value and Path(value).is_file() else f"env://{said.sign_key}"
    return said.sign_key if "/" in said.sign_key or Path(said.sign_key).is_file() else ""
