"""identity: not in GitLab's free edition.

Source: gitlab `ee/lib/gitlab/ci/config/entry`; the published JSON schema.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, is_among, suggestion

_PROVIDERS = ("google_cloud",)


def identity(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `identity:`."""
    if value is None:
        return
    if not isinstance(value, str):
        yield Fault(":identity config should be a string", ("identity",))
    if not is_among(value, _PROVIDERS):
        text = f":identity config should be one of: {', '.join(_PROVIDERS)}"
        yield Fault(text, ("identity",), suggestion=suggestion(ruby.text(value), _PROVIDERS))
