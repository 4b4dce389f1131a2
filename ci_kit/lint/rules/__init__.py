"""One file a rule; a rule is its file and its line here.

The line has the rule's module and words: a file in which none of them stands is none that the rule finds anything in,
so that it is not even imported. A rule without words is asked about every file.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from ci_kit.lint.rule import Rule

RULES: dict[str, tuple[str, ...]] = {
    "CK101": ("docker_without_tls", "2375", "DOCKER_TLS_CERTDIR", "--tls=false"),
    "CK102": ("password_in_arguments", "login"),
    "CK103": ("unpinned_image", "image", "services"),
    "CK104": ("registry_reference", "/"),
    "CK105": ("unslugged_tag", "CI_COMMIT_REF_NAME", "CI_COMMIT_BRANCH", "_BRANCH_NAME"),
    "CK110": ("duplicate_key",),
    "CK111": ("condition_read_as_tag", "!"),
    "CK112": ("input_without_header", "$[["),
    "CK113": ("command_read_as_map",),
    "CK114": ("unknown_cache_policy", "policy"),
    "CK115": ("matrix_without_jobs", "matrix"),
    "CK116": ("duplicate_pipelines", "when"),
    "CK117": ("wildcard_from_root", "*"),
    "CK118": ("unclosed_truncate", "truncate("),
}


@cache
def rule(name: str) -> Rule:
    """Return the rule with this id."""
    made: Rule = import_module(f"{__name__}.{RULES[name][0]}").RULE
    return made


def rules_about(texts: Iterable[str]) -> list[Rule]:
    """Return the rules that may find something in files with these texts."""
    every = tuple(texts)
    return [
        rule(name)
        for name, (_, *words) in RULES.items()
        if not words or any(word in text for text in every for word in words)
    ]
