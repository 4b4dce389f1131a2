"""The settings of `cleanup`: which tags ci-kit cleanup deletes."""

from ci_kit.config.option import Option
from ci_kit.config.settings import LIVE
from ci_kit.model import span

OF_CLEANUP: tuple[Option, ...] = (
    Option(
        "cleanup",
        "match",
        "lines",
        "Regular expressions (RE2, for the whole tag); only tags that one of them matches may go. Default: all.",
        flags=("--match",),
        variable="CI_KIT_CLEANUP_MATCH",
        pattern=r"[^\n]+",
        rule="one line",
    ),
    Option(
        "cleanup",
        "keep",
        "lines",
        "Regular expressions (RE2, for the whole tag); what one of them matches is kept.",
        flags=("--keep",),
        variable="CI_KIT_CLEANUP_KEEP",
        pattern=r"[^\n]+",
        rule="one line",
    ),
    Option(
        "cleanup",
        "keep_n",
        "lines",
        "How many of the newest tags are kept: `10`, or `5 of v.*` for the tags that a pattern matches.",
        flags=("--keep-n",),
        variable="CI_KIT_CLEANUP_KEEP_N",
        pattern=r"[0-9]{1,6}(?: of [^\n]+)?",
        rule="a number, or a number and a pattern like `5 of v.*`",
    ),
    Option(
        "cleanup",
        "older_than",
        "text",
        "Only images that were made longer ago than this are deleted: `12h`, `30d`, `2w`.",
        flags=("--older-than",),
        variable="CI_KIT_CLEANUP_OLDER_THAN",
        pattern=span.PATTERN,
        rule="a number with h, d or w, like 30d",
    ),
    Option(
        "cleanup",
        "live",
        "texts",
        "What GitLab is asked for, whose images are kept; `none` asks for nothing. "
        "Default: branches, merge_requests (open ones), tags, releases, environments.",
        flags=("--live",),
        variable="CI_KIT_CLEANUP_LIVE",
        pattern="|".join((*LIVE, "none")),
        rule="branches, merge_requests, tags, releases, environments or none",
    ),
)
