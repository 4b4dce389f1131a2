"""The private certificate authority of a rig, and the good and broken certificates it needs."""

from __future__ import annotations

from pathlib import Path

from tests.rig import rootfs
from tests.rig.process import run

CONFIGURATION = """[req]
distinguished_name = name
[name]
"""
LEAF = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
BETWEEN = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
CONSTRAINTS = "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash"
AUTHORITY = [word for constraint in CONSTRAINTS for word in ("-addext", constraint)]
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
NOT_YET = ["-not_before", "20400101000000Z", "-not_after", "20410101000000Z"]
EXPIRED = ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]
DAYS = ["-days", "30"]
NAME = "registry.rig.test"  # what the good certificate is for besides the address; no name server knows it


class Openssl:
    """The openssl of the unpacked tree, working in one folder."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.words = rootfs.tool(tree, "openssl")
        self.folder = folder
        self.environ = {"OPENSSL_CONF": str(folder / "openssl.cnf")}
        (folder / "openssl.cnf").write_text(CONFIGURATION)

    def __call__(self, *words: str) -> None:
        run([*self.words, *words], cwd=self.folder, environ=self.environ)


def make(tree: Path, folder: Path, address: str) -> None:
    """Write ca.crt, token.{crt,key}, foreign.key, and {server,…}.{crt,key} for the listeners into `folder`.

    `address` is the IP address the good ones are for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    openssl = Openssl(tree, folder)
    make_authority(openssl, "ca", "/CN=ci-kit rig CA", CURVE)
    # The registry trusts tokens by the key of this certificate, and tokens are signed with RS256: an RSA key.
    make_authority(openssl, "token", "/CN=ci-kit rig tokens", ["-newkey", "rsa:2048", "-nodes"])
    make_leaf(openssl, "server", f"IP:{address},DNS:localhost,DNS:{NAME}", DAYS)
    make_leaf(openssl, "wrong-host", "DNS:other.example", DAYS)
    make_leaf(openssl, "expired", f"IP:{address}", EXPIRED)
    make_leaf(openssl, "not-yet-valid", f"IP:{address}", NOT_YET)
    make_leaf(openssl, "no-san", "", DAYS)
    make_without_intermediate(openssl, address)
    make_self_signed(openssl, address)
    openssl("genrsa", "-out", "foreign.key", "2048")


def make_authority(openssl: Openssl, name: str, subject: str, key: list[str]) -> None:
    """Write a certificate that is its own authority, and its key."""
    files = ["-keyout", f"{name}.key", "-out", f"{name}.crt"]
    openssl("req", "-x509", *key, "-subj", subject, *DAYS, *AUTHORITY, *files)


def make_leaf(openssl: Openssl, name: str, names: str, validity: list[str], authority: str = "ca") -> None:
    """Write a server certificate for `names`, signed by the authority, and its key; without names it has none."""
    make_signed(openssl, name, LEAF + (f"subjectAltName={names}\n" if names else ""), validity, authority)


def make_without_intermediate(openssl: Openssl, address: str) -> None:
    """Write a server certificate of an intermediate authority, whose own certificate does not come along."""
    make_signed(openssl, "ci-kit rig intermediate", BETWEEN, DAYS, "ca")
    make_leaf(openssl, "missing-intermediate", f"IP:{address}", DAYS, "ci-kit rig intermediate")


def make_signed(openssl: Openssl, name: str, extensions: str, validity: list[str], authority: str) -> None:
    """Write a certificate signed by `authority`, and its key."""
    (openssl.folder / f"{name}.ext").write_text(extensions)
    openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    signing = ["-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", *validity, "-extfile", f"{name}.ext"]
    openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.crt")


def make_self_signed(openssl: Openssl, address: str) -> None:
    """Write a certificate for the right address that no authority signed."""
    files = ["-keyout", "self-signed.key", "-out", "self-signed.crt"]
    names = ["-addext", f"subjectAltName=IP:{address}"]
    openssl("req", "-x509", *CURVE, "-subj", "/CN=self-signed", *DAYS, *names, *files)
