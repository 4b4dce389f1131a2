"""One file a rule; a rule is its file and its line here."""

from ci_kit.lint.rule import Rule
from ci_kit.lint.rules.docker_without_tls import RULE as DOCKER_WITHOUT_TLS
from ci_kit.lint.rules.password_in_arguments import RULE as PASSWORD_IN_ARGUMENTS
from ci_kit.lint.rules.registry_reference import RULE as REGISTRY_REFERENCE
from ci_kit.lint.rules.unpinned_image import RULE as UNPINNED_IMAGE
from ci_kit.lint.rules.unslugged_tag import RULE as UNSLUGGED_TAG

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (DOCKER_WITHOUT_TLS, PASSWORD_IN_ARGUMENTS, UNPINNED_IMAGE, REGISTRY_REFERENCE, UNSLUGGED_TAG)
}
