import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit import errors
from ci_kit.errors import CiKitError, UsageError


def test_an_error_is_place_what_happened_and_the_next_step() -> None:
    error = UsageError("is not\nJSON", hint="repair it", place="a.yml:1:2")
    assert str(error) == "a.yml:1:2: is not JSON -> repair it"
    assert str(UsageError("is empty")) == "is empty"
    assert (error.message, error.hint, error.place) == ("is not\nJSON", "repair it", "a.yml:1:2")


@given(some.text(), some.text(), some.text())
def test_whatever_others_put_into_it_an_error_is_one_line_that_steers_no_terminal(
    message: str, hint: str, place: str
) -> None:
    line = str(CiKitError(message, hint=hint, place=place))
    assert line.isprintable()
    line.encode()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", 2),
        ("SettingsError", 2),
        ("SourceError", 3),
        ("BuildError", 4),
        ("DaemonError", 4),
        ("RegistryError", 5),
        ("CredentialsError", 5),
        ("DeniedError", 5),
        ("ExpiredError", 5),
        ("TransportError", 5),
        ("UnknownNameError", 5),
        ("UnavailableError", 5),
        ("NotPushedError", 5),
        ("GitLabError", 6),
        ("Interrupted", 130),
    ],
)
def test_the_class_is_the_exit_code_and_stands_in_the_tree(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code
    assert name in (errors.__doc__ or "")


def test_no_class_is_without_an_exit_code_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CiKitError)]
    assert all(kind.exit_code != errors.EXIT_BUG for kind in kinds if kind is not CiKitError)
    assert (errors.EXIT_OK, errors.EXIT_FINDINGS, errors.EXIT_BUG) == (0, 1, 70)
