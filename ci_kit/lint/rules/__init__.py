"""One file a rule; a rule is its file and its line here."""

from ci_kit.lint.rule import Rule
from ci_kit.lint.rules.command_read_as_map import RULE as COMMAND_READ_AS_MAP
from ci_kit.lint.rules.condition_read_as_tag import RULE as CONDITION_READ_AS_TAG
from ci_kit.lint.rules.docker_without_tls import RULE as DOCKER_WITHOUT_TLS
from ci_kit.lint.rules.duplicate_key import RULE as DUPLICATE_KEY
from ci_kit.lint.rules.duplicate_pipelines import RULE as DUPLICATE_PIPELINES
from ci_kit.lint.rules.input_without_header import RULE as INPUT_WITHOUT_HEADER
from ci_kit.lint.rules.matrix_without_jobs import RULE as MATRIX_WITHOUT_JOBS
from ci_kit.lint.rules.password_in_arguments import RULE as PASSWORD_IN_ARGUMENTS
from ci_kit.lint.rules.registry_reference import RULE as REGISTRY_REFERENCE
from ci_kit.lint.rules.unclosed_truncate import RULE as UNCLOSED_TRUNCATE
from ci_kit.lint.rules.unknown_cache_policy import RULE as UNKNOWN_CACHE_POLICY
from ci_kit.lint.rules.unpinned_image import RULE as UNPINNED_IMAGE
from ci_kit.lint.rules.unslugged_tag import RULE as UNSLUGGED_TAG
from ci_kit.lint.rules.wildcard_from_root import RULE as WILDCARD_FROM_ROOT

_ALL: tuple[Rule, ...] = (
    *(DOCKER_WITHOUT_TLS, PASSWORD_IN_ARGUMENTS, UNPINNED_IMAGE, REGISTRY_REFERENCE, UNSLUGGED_TAG),
    *(DUPLICATE_KEY, CONDITION_READ_AS_TAG, INPUT_WITHOUT_HEADER, COMMAND_READ_AS_MAP, UNKNOWN_CACHE_POLICY),
    *(MATRIX_WITHOUT_JOBS, DUPLICATE_PIPELINES, WILDCARD_FROM_ROOT, UNCLOSED_TRUNCATE),
)
RULES: dict[str, Rule] = {rule.id: rule for rule in _ALL}
