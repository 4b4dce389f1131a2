"""The programs `docker-credential-NAME` that keep logins outside config.json: get, store, erase.

Source: docker/docker-credential-helpers, README, "Development".
"""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.errors import UsageError
from ci_kit.registry.auth import IDENTITY, Credentials

_SECONDS = 60.0  # some ask a person
_NAME = re.compile(r"[\w.-]+\Z", re.ASCII)
_ABSENT = ("credentials not found", "no credentials server url", "not found in keychain")


class _Ended(NamedTuple):
    """How a helper has ended, and what it said."""

    returncode: int
    stdout: bytes


class Helper(NamedTuple):
    """The helper `name`, as `place` (a config.json or a variable) names it; secrets go through its stdin and stdout."""

    name: str
    place: str

    @property
    def program(self) -> str:
        """The name of its program."""
        return f"docker-credential-{self.name}"

    def get(self, key: str, environ: Mapping[str, str]) -> Credentials | None:
        """Return what it has for `key`, None when nothing; UsageError when it does not work."""
        done = self._run("get", key, environ)
        if done.returncode != 0:
            if _is_absent(done.stdout):
                return None
            raise self._broken(f"ends with {done.returncode}")
        try:
            said = json.loads(done.stdout)
            user, secret = str(said["Username"]), str(said["Secret"])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise self._broken("does not answer as one") from error
        return Credentials(user, secret, self.program, identity=user == IDENTITY) if user or secret else None

    def store(self, key: str, login: Credentials, environ: Mapping[str, str]) -> None:
        """Give it `login` to keep; UsageError when it does not."""
        kept = {"ServerURL": key, "Username": login.user, "Secret": login.password}
        done = self._run("store", json.dumps(kept), environ)
        if done.returncode != 0:
            raise self._broken(f"does not store the login and ends with {done.returncode}")

    def erase(self, key: str, environ: Mapping[str, str]) -> None:
        """Let it forget `key`, also when it does not know it; UsageError when it does not work."""
        done = self._run("erase", key, environ)
        if done.returncode != 0 and not _is_absent(done.stdout):
            raise self._broken(f"does not erase the login and ends with {done.returncode}")

    def keys(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return the addresses that it has logins for; nothing when it cannot say."""
        try:
            said = json.loads(self._run("list", "", environ).stdout)
        except (UsageError, ValueError, RecursionError):
            return ()
        return tuple(said) if isinstance(said, dict) else ()

    def _run(self, verb: str, text: str, environ: Mapping[str, str]) -> _Ended:
        """Run it with `text` on stdin; what it says on stderr may be a secret and goes nowhere."""
        import shutil  # with subprocess 7 ms, which a login without a helper does not need
        import subprocess

        path = shutil.which(self.program, path=environ.get("PATH")) if _NAME.match(self.name) else None
        if path is None:
            raise self._broken("is not in PATH", "helper-missing")
        try:
            done = subprocess.run(
                [path, verb],
                input=text.encode(errors="surrogateescape"),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environ),
                timeout=_SECONDS,
                check=False,
            )
            return _Ended(done.returncode, done.stdout)
        except subprocess.TimeoutExpired:
            # Its output, which the exception carries, may be a secret: the chain ends here.
            raise self._broken(f"gave no answer in {_SECONDS:.0f} s") from None
        except (OSError, ValueError) as error:
            raise self._broken("cannot be started") from error

    def _broken(self, how: str, cause: str = "helper-fails") -> UsageError:
        hint = f"install or repair {self.program}, or remove it from {self.place}"
        message = f"the credential helper {self.name!r} does not work: it {how}"
        return UsageError(message, place=self.place, hint=hint, cause=cause)


def of_config(config: Mapping[str, object], key: str, place: str) -> Helper | None:
    """Return the helper that answers for `key`: its own in `credHelpers`, else `credsStore`; an empty name is none."""
    helpers = config.get("credHelpers")
    name = helpers[key] if isinstance(helpers, dict) and key in helpers else config.get("credsStore")
    return Helper(name, place) if isinstance(name, str) and name else None


def _is_absent(said: bytes) -> bool:
    text = said.decode(errors="replace").lower()
    return any(words in text for words in _ABSENT)
