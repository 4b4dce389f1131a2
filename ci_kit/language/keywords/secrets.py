"""secrets: not in GitLab's free edition.

Sources: gitlab `ee/lib/gitlab/ci/config/entry` (secret.rb and the folders of the providers); of AWS, and of what Google
takes as a version, the published JSON schema.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    is_blank,
    is_text,
    is_whole,
    located,
    of_hash,
    of_keys,
    of_presence,
    of_required,
    of_string,
    of_strings,
)


class _Form(NamedTuple):
    """The keys of a provider's mapping: those it must have, and those it may have; all are strings."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_FORMS = {
    "azure_key_vault": _Form(("name",), ("version",)),
    "gcp_secret_manager": _Form(("name",), ("version",)),
    "akeyless": _Form(
        (),
        (
            *("name", "data_key", "cert_user_name", "public_key_data", "csr_data", "uid_token", "gcp_audience"),
            *("azure_object_id", "k8s_service_account_token", "k8s_auth_config_name", "gateway_ca_certificate"),
        ),
    ),
    "gitlab_secrets_manager": _Form(("name",), ("source",)),
    "aws_secrets_manager": _Form(
        ("secret_id",), ("version_id", "version_stage", "region", "role_arn", "role_session_name", "field")
    ),
}
_PROVIDERS = ("vault", *_FORMS)
_KEYS = (*_PROVIDERS, "file", "token")
_VAULT = ("engine", "path", "field")
_ENGINE = ("name", "path")
_SOURCE = re.compile(r"project|group/[a-zA-Z0-9_\-./]+")


def secrets(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `secrets:`."""
    if value is None:
        return
    yield from of_hash(":secrets", value, ("secrets",))
    for name, secret in value.items() if isinstance(value, dict) else ():
        where, path = located(":secrets", name, "secret"), ("secrets", name)
        about = {} if secret is None else secret
        yield from composed(_own(where, about, path), _inside(where, about, path))


def _own(where: str, value: Any, path: Path) -> Iterator[Fault]:
    yield from of_hash(where, value, path)
    yield from of_keys(where, value, _KEYS, path)
    about: dict[Any, Any] = value if isinstance(value, dict) else {}
    given = [name for name in _PROVIDERS if name in about]
    if len(given) != 1:
        text = f"{where} config must use exactly one of these keys: {', '.join(_PROVIDERS)}"
        yield Fault(text, path, curable=isinstance(value, dict) and not given)
    yield from of_strings(where, about, ("token",), path)
    if not is_blank(about.get("gcp_secret_manager")) and is_blank(about.get("token")):
        yield Fault(f"{where} token is required with gcp secrets manager", path, curable="token" not in about)


def _inside(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from _vault(f"{where}:vault", value.get("vault"), (*path, "vault"))
    if value.get("file") is not None and not isinstance(value["file"], bool):
        yield Fault(f"{where}:file config should be a boolean value", (*path, "file"))
    for name, form in _FORMS.items():
        part = value.get(name)
        if part is not None and not (name == "aws_secrets_manager" and isinstance(part, str)):
            yield from _mapping(f"{where}:{name}", part, form, (*path, name))


def _mapping(where: str, value: Any, form: _Form, path: Path) -> Iterator[Fault]:
    yield from of_hash(where, value, path)
    yield from of_keys(where, value, (*form.required, *form.optional), path)
    about: dict[Any, Any] = value if isinstance(value, dict) else {}
    for name in form.required:
        yield from of_presence(where, about, name, path)
        yield from of_string(where, about, name, path)
    number = where.endswith(":gcp_secret_manager") and is_whole(about.get("version"))
    yield from of_strings(where, about, () if number else form.optional, path)
    source = about.get("source")
    if "source" in form.optional and is_text(source) and not _SOURCE.fullmatch(str(source)):
        yield Fault(f"{where} source must follow the format group/group_full_path or 'project'", (*path, "source"))


def _vault(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if isinstance(value, dict):
        engine = _engine(f"{where}:engine", value.get("engine"), (*path, "engine"))
        yield from composed(_vault_own(where, value, path), engine)
    elif not isinstance(value, str):
        yield Fault(f"{where} should be a hash or a string", path, raw=True)
    elif not value.strip():
        yield Fault(f"{where} config can't be blank", path)


def _vault_own(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from of_keys(where, value, _VAULT, path)
    for name in ("path", "field"):
        yield from of_presence(where, value, name, path)
        yield from of_string(where, value, name, path)
    yield from of_presence(where, value, "engine", path)
    if not isinstance(value.get("engine"), dict):
        yield Fault(f"{where} engine should be a hash", (*path, "engine"), curable="engine" not in value)


def _engine(where: str, value: Any, path: Path) -> Iterator[Fault]:
    yield from of_keys(where, value, _ENGINE, path)
    yield from of_required(where, value, _ENGINE, path)
    for name in _ENGINE:
        yield from of_presence(where, value, name, path)
        yield from of_string(where, value, name, path)
