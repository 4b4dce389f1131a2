"""SBOM, scan and signature to the command line: the programs are fakes that write down how they are called."""

import json
from pathlib import Path

import pytest

from ci_kit.build import supply_chain
from ci_kit.build.builders.buildah import Buildah
from ci_kit.build.builders.docker import Docker
from ci_kit.build.options.attestations import options
from ci_kit.config.settings import SupplyChainSettings
from ci_kit.errors import BuildError, UsageError
from ci_kit.model.check import Check
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.auth import Credentials
from tests.unit.build.fakes import Fakes

DIGEST = "sha256:" + "0123456789abcdef" * 4
PINNED = f"host/g/p/app@{DIGEST}"
KEY = "-----BEGIN KEY-----\ncanary-key-material\n-----END KEY-----\n"
CANARIES = ("canary-key-material", "canary-key-password", "canary-registry-password", "canary-id-token")
LOGINS = {"host": Credentials("robot", "canary-registry-password", "test")}


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    monkeypatch.chdir(tmp_path)
    return Fakes(tmp_path / "bin")


def environ(fakes: Fakes, **more: str) -> dict[str, str]:
    return {"PATH": f"{fakes.folder}:/usr/bin:/bin", "HOME": str(fakes.folder.parent), **more}


def checked(
    settings: SupplyChainSettings, variables: dict[str, str], lines: list[str] | None = None
) -> tuple[Check, ...]:
    gates = supply_chain.gates(settings, variables)
    output = (lambda line: None) if lines is None else lines.append
    return supply_chain.checks(gates, LOGINS, variables)("app", PINNED, output)


def test_each_check_gets_the_image_at_its_digest_and_the_logins_of_the_run(fakes: Fakes) -> None:
    for name in ("syft", "trivy", "cosign"):
        fakes.add(name)
    settings = SupplyChainSettings(sbom="file", scan="auto", sign="auto", sign_key="SIGNING_KEY")
    secrets = {"SIGNING_KEY": KEY, "COSIGN_PASSWORD": "canary-key-password", "SIGSTORE_ID_TOKEN": "canary-id-token"}
    lines: list[str] = []
    found = checked(settings, environ(fakes, **secrets), lines)
    assert found == (
        Check("sbom", "passed", "ci-kit-sbom-app.json"),
        Check("scan", "passed", "trivy found nothing that counts"),
        Check("signature", "passed", "cosign, with env://SIGNING_KEY"),
    )
    syft, trivy, cosign = fakes.calls()
    assert (syft["name"], syft["argv"][:2]) == ("syft", [f"registry:{PINNED}", "--output"])
    assert syft["argv"][2].startswith("cyclonedx-json=/")
    assert trivy["argv"] == [
        "image",
        "--image-src=remote",
        "--no-progress",
        "--severity=CRITICAL",
        "--exit-code=10",
        PINNED,
    ]
    assert cosign["argv"] == ["sign", "--yes", "--key=env://SIGNING_KEY", PINNED]
    assert cosign["environ"]["SIGNING_KEY"] == KEY
    assert cosign["environ"]["COSIGN_PASSWORD"] == "canary-key-password"
    assert [(call["stdin"], call["logins"]) for call in fakes.calls()] == [("", ["host"])] * 3
    for canary in CANARIES:
        assert not any(canary in word for call in fakes.calls() for word in call["argv"])
        assert canary not in " ".join(lines)
    assert not Path(cosign["environ"]["DOCKER_CONFIG"]).exists()


def test_the_list_of_what_is_in_an_image_is_written_whole_or_not_at_all(fakes: Fakes) -> None:
    fakes.add("syft", text='{"bomFormat": "CycloneDX"}')
    assert checked(SupplyChainSettings(sbom="auto", sbom_format="spdx"), environ(fakes))[0].state == "passed"
    assert json.loads(Path("ci-kit-sbom-app.json").read_text()) == {"bomFormat": "CycloneDX"}
    assert fakes.calls()[0]["argv"][2].startswith("spdx-json=/")
    fakes.add("syft", text='{"cut')
    assert checked(SupplyChainSettings(sbom="file"), environ(fakes)) == (Check("sbom", "failed", "syft wrote no JSON"),)
    assert json.loads(Path("ci-kit-sbom-app.json").read_text()) == {"bomFormat": "CycloneDX"}
    fakes.add("syft", code=1, line="could not fetch image")
    assert checked(SupplyChainSettings(sbom="file"), environ(fakes))[0].detail == (
        "syft ended with 1: could not fetch image"
    )


@pytest.mark.parametrize(
    ("scanner", "code", "detail"),
    [
        ("trivy", 10, "trivy found vulnerabilities of severity high or worse"),
        ("trivy", 1, "trivy ended with 1: no database"),
        ("grype", 2, "grype ended with 2: no database"),
    ],
)
def test_a_scan_that_finds_something_or_cannot_be_made_fails(
    fakes: Fakes, scanner: str, code: int, detail: str
) -> None:
    fakes.add(scanner, code, "no database")
    fakes.add("cosign")
    settings = SupplyChainSettings(scan="auto", scan_severity="high", sign="keyless")
    found = checked(settings, environ(fakes, SIGSTORE_ID_TOKEN="canary-id-token"))
    assert found == (Check("scan", "failed", detail),)
    assert supply_chain.stopped(found) == "scan failed"
    assert [call["name"] for call in fakes.calls()] == [scanner]


def test_each_scanner_is_told_the_severity_in_its_own_words(fakes: Fakes) -> None:
    for name in ("trivy", "grype"):
        fakes.add(name)
        checked(SupplyChainSettings(scan=name, scan_severity="medium"), environ(fakes))
    trivy, grype = fakes.calls()
    assert "--severity=MEDIUM,HIGH,CRITICAL" in trivy["argv"]
    assert grype["argv"] == [f"registry:{PINNED}", "--fail-on=medium"]


def test_any_command_can_be_the_scan_and_gets_the_image_in_a_variable(fakes: Fakes) -> None:
    fakes.add("ourscan", code=3, line="policy 7 is broken")
    found = checked(SupplyChainSettings(scan='ourscan --image "$CI_KIT_IMAGE_REF"'), environ(fakes))
    assert found == (Check("scan", "failed", "the scan ended with 3: policy 7 is broken"),)
    assert fakes.calls()[0]["argv"] == ["--image", PINNED]
    missing = checked(SupplyChainSettings(scan="no-such-command"), environ(fakes))
    assert missing[0].state == "failed"
    assert "the scan ended with 127" in missing[0].detail


def test_a_key_is_a_file_a_variable_or_an_address_and_never_an_argument(fakes: Fakes, tmp_path: Path) -> None:
    fakes.add("cosign")
    file = tmp_path / "cosign.key"
    file.write_text(KEY)
    for said, variables in (
        ("COSIGN_PRIVATE_KEY", {"COSIGN_PRIVATE_KEY": str(file)}),
        ("COSIGN_PRIVATE_KEY", {"COSIGN_PRIVATE_KEY": KEY}),
        (str(file), {}),
        ("hashivault://ci", {}),
    ):
        checked(SupplyChainSettings(sign="key", sign_key=said), environ(fakes, **variables))
    assert [call["argv"][2] for call in fakes.calls()] == [
        f"--key={file}",
        "--key=env://COSIGN_PRIVATE_KEY",
        f"--key={file}",
        "--key=hashivault://ci",
    ]
    assert {call["environ"]["COSIGN_PASSWORD"] for call in fakes.calls()} == {""}


def test_keyless_leaves_the_token_in_its_variable(fakes: Fakes) -> None:
    fakes.add("cosign")
    found = checked(SupplyChainSettings(sign="auto"), environ(fakes, SIGSTORE_ID_TOKEN="canary-id-token"))
    assert found == (Check("signature", "passed", "cosign, keyless"),)
    assert fakes.calls()[0]["argv"] == ["sign", "--yes", PINNED]
    assert fakes.calls()[0]["environ"]["SIGSTORE_ID_TOKEN"] == "canary-id-token"


def test_a_signature_that_fails_is_a_failed_check(fakes: Fakes) -> None:
    fakes.add("cosign", 1, "Error: signing [x]: no matching CA")
    found = checked(SupplyChainSettings(sign="keyless"), environ(fakes, SIGSTORE_ID_TOKEN="x"))
    assert found == (Check("signature", "failed", "cosign ended with 1: signing [x]: no matching CA"),)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (SupplyChainSettings(sbom="file"), "supply_chain.sbom: file needs syft, and there is no such command here"),
        (SupplyChainSettings(scan="auto"), "there is neither trivy nor grype here"),
        (SupplyChainSettings(scan="grype"), "supply_chain.scan: grype needs grype"),
        (SupplyChainSettings(sign="auto"), "supply_chain.sign: auto needs cosign"),
    ],
)
def test_a_program_that_is_missing_is_told_before_anything_is_built(
    fakes: Fakes, settings: SupplyChainSettings, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        supply_chain.gates(settings, environ(fakes))


@pytest.mark.parametrize("sign", ["auto", "key", "keyless"])
def test_without_a_key_or_a_token_nothing_is_signed(fakes: Fakes, sign: str) -> None:
    fakes.add("cosign")
    settings = SupplyChainSettings(sign=sign)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="there is nothing to sign with -> set COSIGN_PRIVATE_KEY to a key, or on"):
        supply_chain.gates(settings, environ(fakes))


def test_attestations_are_off_and_one_word_away(fakes: Fakes) -> None:
    def said(**more: str) -> tuple[str, ...]:
        return supply_chain.attestations(SupplyChainSettings(**more), environ(fakes))  # type: ignore[arg-type]

    assert said() == ()
    assert said(provenance="max", sbom="attestation") == ("type=sbom", "type=provenance,mode=max")
    assert said(sbom="auto") == ("type=sbom",)
    fakes.add("syft")
    assert said(sbom="auto") == said(sbom="file") == ()


def test_a_builder_that_makes_no_attestations_says_so_before_it_builds() -> None:
    plan = BuildPlan("app", ImageRef("host", "g/p/app", "0123"), (), "/", "/Dockerfile", "", {}, {})
    for attestation, asked in (("type=sbom", "an SBOM"), ("type=provenance,mode=max", "a provenance")):
        attested = plan._replace(attestations=(attestation,))
        for kind, who in ((Docker, "the classic builder"), (Buildah, "buildah")):
            with pytest.raises(BuildError, match=f"app: {asked} in the registry is asked for, and {who} makes none"):
                kind(None).build(attested, lambda line: None)  # type: ignore[arg-type]


def test_the_frontend_of_buildkit_has_its_own_words_for_them() -> None:
    plan = BuildPlan("app", ImageRef("host", "g/p/app", "0123"), (), "/", "/Dockerfile", "", {}, {})
    attested = plan._replace(attestations=("type=sbom", "type=provenance,mode=max"))
    assert options(attested) == {"attest:sbom": "", "attest:provenance": "mode=max"}
    assert options(plan) == {}
