"""dast_configuration: not in GitLab's free edition.

Source: gitlab `ee/lib/gitlab/ci/config/entry/dast_configuration.rb`.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, of_hash, of_keys, of_strings

_KEYS = ("site_profile", "scanner_profile")


def dast_configuration(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `dast_configuration:`."""
    where, path = ":dast_configuration", ("dast_configuration",)
    if value is not None:
        yield from of_hash(where, value, path)
        yield from of_keys(where, value, _KEYS, path)
        yield from of_strings(where, value if isinstance(value, dict) else {}, _KEYS, path)
