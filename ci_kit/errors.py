"""Every failure a user can meet: the class decides the exit code, the hint is the next step.

CiKitError
|-- UsageError            2   a flag, variable or file that is given wrongly
|   |-- SettingsError     2   .ci-kit.yml, with the place in it
|   `-- NothingToBuildError 2 nothing says what to build
|-- SourceError           3   a pipeline file that cannot be read
|-- BuildError            4   the image was not built; nothing was pushed
|   |-- DaemonError       4   no Docker daemon answered, or it went away
|   `-- NeedError         4   another image that this one is made from failed
|-- RegistryError         5   the registry refused, or the image is not in it
|   |-- CredentialsError  5   who we are was not accepted
|   |-- DeniedError       5   we are known, but may not do this
|   |   `-- ExpiredError  5   a token is refused that may have ended meanwhile
|   |-- TransportError    5   the registry was not reached, or did not speak like one
|   |   |-- UnknownNameError 5 it has no repository or tag of this name
|   |   `-- UnavailableError 5 it cannot now, and was asked again until patience ended
|   |-- UnsupportedError  5   the registry cannot do what was asked
|   |-- NotPushedError    5   the push ended, the registry does not have the image
|   `-- TagTakenError     5   a version has another image, and keeps it
|-- CheckError            1   the image is pushed under its commit's tag, and a check keeps the others from moving
|-- GitLabError           6   the image is pushed, the record was not sent
`-- Interrupted         130   a signal ended the work; private files are removed
"""

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_BUG = 70


class CiKitError(Exception):
    """A failure with its exit code, what to do next, where it was caused, and its cause in the catalogue."""

    exit_code = EXIT_BUG

    def __init__(self, message: str, *, hint: str = "", place: str = "", cause: str = "") -> None:
        """Keep `message`; `place` is a flag, a variable or `file:line:column`; `hint` the next step.

        `cause` is an id of ci_kit.model.causes, empty for what stands in no catalogue.
        """
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.cause = cause

    def __str__(self) -> str:
        """One line: place, what happened, what to do next."""
        where = f"{self.place}: " if self.place else ""
        then = f" -> {self.hint}" if self.hint else ""
        line = " ".join(f"{where}{self.message}{then}".split())
        # Servers and files have a say in messages: none may steer the terminal or open a second line.
        return "".join(letter if letter.isprintable() else "?" for letter in line)


class UsageError(CiKitError):
    """A flag, variable or file is missing or wrong. Nothing was done."""

    exit_code = 2


class SettingsError(UsageError):
    """`.ci-kit.yml` says something we do not understand. Nothing was done."""


class NothingToBuildError(UsageError):
    """No settings, flags or variables name a Dockerfile, and there is none in the root. Nothing was done."""


class SourceError(CiKitError):
    """A pipeline file cannot be read, or is not YAML. Nothing was done."""

    exit_code = 3


class BuildError(CiKitError):
    """The image was not built. Nothing was pushed."""

    exit_code = 4


class DaemonError(BuildError):
    """The Docker daemon did not answer, or went away. What it had built may be lost."""


class NeedError(BuildError):
    """Another image of the project that this one is made from is not there. Nothing of this one was built."""


class RegistryError(CiKitError):
    """The registry did not do what was asked. Tags pushed before this are in it."""

    exit_code = 5


class CredentialsError(RegistryError):
    """The registry does not accept the name and password. Asked once, never again (bans)."""


class DeniedError(RegistryError):
    """The credentials are good, but do not allow this action on this repository."""


class ExpiredError(DeniedError):
    """The registry refuses a token in the middle of the work: it may have ended, and a new one may help."""


class TransportError(RegistryError):
    """The registry was not reached, or what answered is not a registry."""


class UnknownNameError(TransportError):
    """The registry answers 404: it has no repository or tag of this name."""


class UnavailableError(TransportError):
    """The registry, or what is before it, cannot do it now: another try may help, and several have not."""


class UnsupportedError(RegistryError):
    """The registry cannot do this at all, whoever asks. Nothing was changed by this request."""


class NotPushedError(RegistryError):
    """The push was reported as done, but the registry does not have what was built."""


class TagTakenError(RegistryError):
    """A version is in the registry with another image, and is left so. The image is pushed under its commit's tag."""


class CheckError(CiKitError):
    """A scan, a signature or an SBOM failed. The image is pushed under its commit's tag; no other tag was set."""

    exit_code = EXIT_FINDINGS


class GitLabError(CiKitError):
    """GitLab did not take the record. The image is pushed; the record is in the result file."""

    exit_code = 6


class Interrupted(CiKitError):
    """A signal ended the work. Private files are removed; tags already pushed stay."""

    exit_code = 130
