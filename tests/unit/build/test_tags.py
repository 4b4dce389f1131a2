"""The rules for tags, in tables: what is written, what the job is of, which tags come out."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.build.tagging import tag_rule, tags
from ci_kit.build.tagging.rule_values import Job
from ci_kit.config.settings import Placed
from ci_kit.errors import UsageError
from ci_kit.model.planned_tag import PENDING, PlannedTag
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import slug
from ci_kit.registry.reference import is_tag

SHA = "860c1904a1ce19322e91ac35af1ab07466440c37"
DATE = "2020-01-10T00:30:00Z"


def branch(name: str, default: str = "main") -> JobFacts:
    return JobFacts(SHA, name, slug(name), branch=name, default_branch=default, timestamp=DATE)


def git_tag(name: str) -> JobFacts:
    return JobFacts(SHA, name, slug(name), tag=name, default_branch="main", timestamp=DATE)


MERGE_REQUEST = JobFacts(SHA, "feature", "feature", merge_request="2", default_branch="main", timestamp=DATE)
MAIN = branch("main")


def planned(rules: str, facts: JobFacts = MAIN, **environ: str) -> tuple[PlannedTag, ...]:
    lines = [Placed(line, f"tags:{number}") for number, line in enumerate(rules.splitlines(), 1)]
    return tags.plan(tag_rule.parse(lines), Job(facts, environ)).planned


def names(rules: str, facts: JobFacts = MAIN, **environ: str) -> list[str]:
    """The tags that the rules make; the commit's SHA in front is looked at where it matters."""
    found = [tag.name for tag in planned(rules, facts, **environ)]
    return found[1:] if found[0] == SHA and "type=sha" not in rules else found


def refused(rules: str, facts: JobFacts = MAIN, **environ: str) -> str:
    with pytest.raises(UsageError) as caught:
        planned(rules, facts, **environ)
    return str(caught.value)


# what metadata-action documents, in our words


@pytest.mark.parametrize(
    ("tag", "rule", "expected"),
    [
        ("v1.2.3", "pattern={{raw}}", "v1.2.3"),
        ("v1.2.3", "pattern={{version}}", "1.2.3"),
        ("v1.2.3", "", "1.2.3"),
        ("v1.2.3", "pattern={{major}}.{{minor}}", "1.2"),
        ("v1.2.3", "pattern={{ major }}.{{ minor }}.{{ patch }}", "1.2.3"),
        ("v1.2.3", "pattern=v{{major}}", "v1"),
        ("v1.2.3", "pattern={{minor}}", "2"),
        ("v1.2.3", "pattern={{patch}}", "3"),
        ("p1/v1.2.3", r"pattern={{version}},match=v(\d.\d.\d)$", "1.2.3"),
        ("v2.0.8-beta.67", "pattern={{raw}}", "v2.0.8-beta.67"),
        ("v2.0.8-beta.67", "pattern={{version}}", "2.0.8-beta.67"),
        ("v2.0.8-beta.67", "pattern={{major}}", "2.0.8-beta.67"),
        ("v2.0.8-beta.67", "pattern={{major}}.{{minor}}", "2.0.8-beta.67"),
        ("anything", "value=v1.0.0", "1.0.0"),
        ("anything", r"value=p1/v1.0.0,match=v(\d.\d.\d)$", "1.0.0"),
    ],
)
def test_semver(tag: str, rule: str, expected: str) -> None:
    assert names(f"type=semver,{rule}\nlatest=false", git_tag(tag)) == [expected]


@pytest.mark.parametrize(
    ("tag", "rule", "expected"),
    [
        ("1.2.3", "pattern={{raw}}", "1.2.3"),
        ("1.2.3", "pattern={{version}}", "1.2.3"),
        ("v1.2.3", "pattern={{version}}", "1.2.3"),
        ("1.2.3", "pattern={{major}}.{{minor}}", "1.2"),
        ("1.2.3", "pattern=v{{major}}", "v1"),
        ("v1.2.3rc2", "pattern={{raw}}", "v1.2.3rc2"),
        ("1.2.3rc2", "pattern={{version}}", "1.2.3rc2"),
        ("p1/v1.2.3", r"pattern={{version}},match=v(\d.\d.\d)$", "1.2.3"),
        ("1.2.3rc2", "pattern={{major}}.{{minor}}", "1.2.3rc2"),
        ("1.2.3post1", "pattern={{major}}.{{minor}}", "1.2.3.post1"),
        ("1.2.3beta2", "pattern={{major}}.{{minor}}", "1.2.3b2"),
        ("1.0dev4", "pattern={{major}}.{{minor}}", "1.0.dev4"),
        ("1!2.0", "", "1-2.0"),
    ],
)
def test_pep440(tag: str, rule: str, expected: str) -> None:
    assert names(f"type=pep440,{rule}\nlatest=false", git_tag(tag)) == [expected]


@pytest.mark.parametrize(
    ("tag", "rule", "expected"),
    [
        ("v1.2.3", r"pattern=\d.\d.\d", "1.2.3"),
        ("v2.0.8-beta.67", "pattern=v(.*),group=1", "2.0.8-beta.67"),
        ("v2.0.8-beta.67", r"pattern=v(\d.\d),group=1", "2.0"),
        ("20200110-RC2", r"pattern=\d+", "20200110"),
        ("p1/v1.2.3", r"pattern=p1/v(\d.\d.\d),group=1", "1.2.3"),
        ("x", "pattern=v(.*),group=1,value=v1.0.0", "1.0.0"),
        ("Release-7", "pattern=/release-(?<number>[0-9]+)/i,group=number", "7"),
        ("v1.23.4", r'"pattern=v(\d{1,3}\.\d{1,3})",group=1', "1.23"),
        ('a"b', 'type=match,"pattern=a(""b)",group=1,prefix=x', "x-b"),
    ],
)
def test_match(tag: str, rule: str, expected: str) -> None:
    text = rule if rule.startswith("type") else f"type=match,{rule}"
    assert names(f"{text}\nlatest=false", git_tag(tag)) == [expected]


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [
        ("type=branch", MAIN, ["main"]),
        ("type=branch", branch("my/branch"), ["my-branch"]),
        ("type=branch", branch("Feature/Ünï"), ["feature--n"]),
        ("type=branch,prefix=b-,suffix=-x", MAIN, ["b-main-x"]),
        ("type=tag", git_tag("v1.2.3"), ["v1.2.3", "latest"]),
        ("type=tag", git_tag("v2.0.8-beta.67"), ["v2.0.8-beta.67"]),
        ("type=tag", git_tag("Grün/1"), ["Gr-n-1", "latest"]),
        ("type=mr", MERGE_REQUEST, ["mr-2"]),
        ("type=mr,prefix=pr-", MERGE_REQUEST, ["pr-2"]),
        ("type=mr,prefix=", MERGE_REQUEST, ["2"]),
        ("type=raw,value=foo\ntype=raw,value=bar", MAIN, ["foo", "bar"]),
        ("type=raw,foo\ntype=raw,bar", MAIN, ["foo", "bar"]),
        ("foo\nbar", MAIN, ["foo", "bar"]),
        ("# nothing\n\n foo ", MAIN, ["foo"]),
        ("type=raw,value=latest,enable={{is_default_branch}}", MAIN, ["latest"]),
        ("type=raw,value=edge,enable={{is_default_branch}}", MAIN, ["edge"]),
        ("TYPE=raw,Value= foo ", MAIN, ["foo"]),
        ("type=sha", MAIN, [SHA]),
        ("type=sha,format=long", MAIN, [SHA]),
        ("type=sha,format=short", MAIN, [SHA[:8]]),
        ("type=sha,prefix=sha-,format=short", MAIN, [f"sha-{SHA[:8]}"]),
        ("type=sha,prefix={{branch}}-", MAIN, [f"main-{SHA}"]),
        ("type=raw,value=mytag-{{branch}}-{{short_sha}}", MAIN, [f"mytag-main-{SHA[:8]}"]),
        ("type=raw,value={{mr}}-to-{{base_ref}}", MERGE_REQUEST, ["2-to-main"]),
        ("type=raw,value=x{{branch}}{{tag}}", MERGE_REQUEST, ["x"]),
        ("type=raw,value={{is_default_branch}}-{{is_not_default_branch}}", MAIN, ["true-false"]),
        ("type=raw,value=build-$CI_PIPELINE_IID", MAIN, ["build-42"]),
        ("type=raw,value=${CI_COMMIT_REF_SLUG}.$CI_PIPELINE_IID", MAIN, ["main.42"]),
    ],
)
def test_what_the_pipeline_is_of(rule: str, facts: JobFacts, expected: list[str]) -> None:
    environ = {"CI_PIPELINE_IID": "42", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert names(rule, facts, **environ) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("type=schedule", "nightly"),
        ("type=schedule,pattern=weekly", "weekly"),
        ("type=schedule,pattern={{date 'YYYYMMDD'}}", "20200110"),
        ("type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", "20200110-093000"),
        ('type=schedule,pattern={{date "YYYY.MM"}}-{{branch}}', "2020.01-main"),
    ],
)
def test_schedule(rule: str, expected: str) -> None:
    assert names(rule, MAIN, CI_PIPELINE_SOURCE="schedule") == [expected]
    assert "not started by a schedule" in refused(rule, MAIN, CI_PIPELINE_SOURCE="push")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("YYYY-MM-DD", "2020-01-10"),
        ("YY.M.D", "20.1.10"),
        ("dddd, MMMM Do YYYY, h:mm:ss a", "Friday--January-10th-2020--12-30-00-am"),
        ("YYYY-MM-DDTHH:mm:ss.SSS[Z]", "2020-01-10T00-30-00.000Z"),
        ("[year]YYYY", "year2020"),
        ("GGGG-[W]WW-E", "2020-W02-5"),
        ("Q DDD DDDD d dd ddd MMM", "1-10-010-5-Fr-Fri-Jan"),
        ("Hh A ZZ Z X", "012-AM--0000--00-00-1578616200"),
        ("Mo Do", "1st-10th"),
    ],
)
def test_dates_are_written_in_the_letters_of_moment(form: str, expected: str) -> None:
    for name in ("date", "commit_date"):
        assert names(f"type=raw,value=x{{{{{name} '{form}'}}}}") == [f"x{expected}"]


def test_the_date_is_that_of_the_commit_in_the_zone_that_is_named() -> None:
    facts = MAIN._replace(timestamp="2020-06-30T23:30:00-05:00")
    assert names("type=raw,value={{date 'YYYYMMDD-HH'}}", facts) == ["20200701-04"]
    assert names("type=raw,value={{date 'YYYYMMDD-HHZZ' tz='Europe/Berlin'}}", facts) == ["20200701-06-0200"]


def test_content() -> None:
    assert names("type=content") == [f"content-{PENDING}"]
    assert names("type=content,prefix=c.,suffix=-x") == [f"c.{PENDING}-x"]
    assert "leave no room for the hash" in refused(f"type=content,prefix={'a' * 90}")


# order, once each, the commit first


def test_the_commit_comes_first_and_the_others_by_priority() -> None:
    rules = "type=sha\ntype=raw,value=a\ntype=branch\ntype=raw,value=b,priority=2000"
    assert names(rules) == [SHA, "b", "main", "a"]
    assert [tag.name for tag in planned("type=branch")] == [SHA, "main"]
    assert [tag.name for tag in planned("type=branch\ntype=sha,format=short")] == [SHA[:8], "main"]
    assert names("type=raw,x,priority=-5\ntype=sha") == [SHA, "x"]


def test_a_tag_that_two_rules_make_is_there_once() -> None:
    found = planned(
        "type=raw,value=v1.2\ntype=semver,pattern=v{{major}}.{{minor}}\ntype=raw,value={{sha}}", git_tag("1.2.3")
    )
    assert [(tag.name, tag.kind) for tag in found] == [(SHA, "commit"), ("v1.2", "moving"), ("latest", "moving")]


def test_a_rule_that_makes_nothing_does_no_harm_to_the_others() -> None:
    rules = "type=semver\ntype=branch\ntype=tag\ntype=mr\ntype=sha"
    assert names(rules) == [SHA, "main"]
    assert names(rules, MERGE_REQUEST) == [SHA, "mr-2"]
    assert names(rules, git_tag("v1.2.3")) == [SHA, "1.2.3", "v1.2.3", "latest"]
    assert names(rules, git_tag("nightly")) == [SHA, "nightly", "latest"]


def test_no_tag_at_all_is_refused_with_the_reason_of_each_rule() -> None:
    assert refused("type=semver,pattern={{major}}\ntype=mr") == (
        "no rule makes a tag here: 'type=semver,pattern={{major}}': not the pipeline of a git tag; "
        "'type=mr': not the pipeline of a merge request -> add type=sha: it makes a tag in every pipeline"
    )
    assert "'release' is no semantic version" in refused("type=semver", git_tag("release"))
    assert "'' is no version of PEP 440" in refused("type=pep440,match=v(.*)", git_tag("1.0"))
    assert "the pattern is not in 'x'" in refused("type=match,pattern=v", git_tag("x"))
    assert "nothing is left of its name" in refused("type=raw,value=---")
    assert "enable does not hold" in refused("type=sha,enable=false")


# names that others rely on


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("type=branch", branch("latest")),
        ("type=branch", branch("mr-7")),
        ("type=branch", branch("a" * 40)),
        ("type=tag", git_tag("a" * 40)),
        ("type=tag", git_tag("a" * 64)),
        ("type=match,pattern=.*", git_tag("a" * 40)),
        ("type=raw,value=$NAME", MAIN),
        ("type=branch,prefix=mr-", branch("7")),
    ],
)
def test_a_name_that_others_rely_on_is_not_taken_over(rule: str, facts: JobFacts) -> None:
    assert names(f"{rule}\ntype=raw,value=other\nlatest=false", facts, NAME="a" * 40) == ["other"]


# latest, prefix and suffix for all


@pytest.mark.parametrize(
    ("rules", "facts", "expected"),
    [
        ("type=semver", git_tag("v1.2.3"), ["1.2.3", "latest"]),
        ("type=semver\nlatest=auto", git_tag("v1.2.3"), ["1.2.3", "latest"]),
        ("type=semver\nlatest=false", git_tag("v1.2.3"), ["1.2.3"]),
        ("type=semver", git_tag("v1.2.3-rc1"), ["1.2.3-rc1"]),
        ("type=pep440", git_tag("1.2.3"), ["1.2.3", "latest"]),
        ("type=pep440", git_tag("1.2.3.post1"), ["1.2.3.post1"]),
        ("type=match,pattern=v(.*),group=1", git_tag("v1.2"), ["1.2", "latest"]),
        ("type=match,pattern=v(.*),group=1", git_tag("v1.2.3-rc.1"), ["1.2.3-rc.1"]),
        ("type=branch", MAIN, ["main"]),
        ("type=branch\nlatest=true", MAIN, ["main", "latest"]),
        ("type=branch,priority=950\ntype=semver,value=1.2.3", MAIN, ["main", "1.2.3"]),
        ("type=semver\nprefix=alpine-", git_tag("1.2.3"), ["alpine-1.2.3", "latest"]),
        ("type=semver\nprefix=alpine-,onlatest=true", git_tag("1.2.3"), ["alpine-1.2.3", "alpine-latest"]),
        ("type=semver\nsuffix=-slim,onlatest=true", git_tag("1.2.3"), ["1.2.3-slim", "latest-slim"]),
        ("prefix=a-\nsuffix=-z\nlatest=false\ntype=raw,x\ntype=raw,y,prefix=,suffix=-q", MAIN, ["a-x-z", "y-q"]),
        ("prefix={{branch}}-\ntype=raw,x", MAIN, ["main-x"]),
    ],
)
def test_latest_prefix_and_suffix(rules: str, facts: JobFacts, expected: list[str]) -> None:
    assert names(rules, facts) == expected


# conditions


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        ("true", MAIN, True),
        ("false", MAIN, False),
        ("{{is_default_branch}}", MAIN, True),
        ("{{ is_default_branch }}", branch("x"), False),
        ("{{is_not_default_branch}}", branch("x"), True),
        ("{{is_not_default_branch}}", MAIN, False),
        ('$CI_COMMIT_BRANCH == "main"', MAIN, True),
        ('$CI_COMMIT_BRANCH == "main"', git_tag("main"), False),
        ("$CI_COMMIT_TAG", git_tag("v1"), True),
        ("$CI_COMMIT_TAG", MAIN, False),
        ("$CI_COMMIT_TAG == null", MAIN, True),
        ("$CI_COMMIT_TAG =~ /^v[0-9]/ && $CI_COMMIT_TAG !~ /^v0/", git_tag("v1.2.3"), True),
        ("$CI_COMMIT_TAG =~ /^v[0-9]/ && $CI_COMMIT_TAG !~ /^v0/", git_tag("v0.2.3"), False),
        ('$WHO == "a,b"', MAIN, True),
    ],
)
def test_enable_is_a_word_or_an_expression_of_gitlab(condition: str, facts: JobFacts, holds: bool) -> None:
    found = names(f"type=raw,x,enable={condition}\ntype=raw,y\nlatest=false", facts, WHO="a,b")
    assert found == (["x", "y"] if holds else ["y"])


def test_a_major_version_zero_is_left_out_by_a_condition() -> None:
    rules = "type=semver\ntype=semver,pattern={{major}}.{{minor}}\n"
    rules += "type=semver,pattern={{major}},enable=$CI_COMMIT_TAG !~ /^v0/"
    assert names(rules, git_tag("v0.1.2")) == ["0.1.2", "0.1", "latest"]
    assert names(rules, git_tag("v3.1.2")) == ["3.1.2", "3.1", "3", "latest"]


# what may become of each


@pytest.mark.parametrize(
    ("rule", "facts", "kind"),
    [
        ("type=sha,format=short", MAIN, "commit"),
        ("type=raw,value={{sha}}", MAIN, "commit"),
        ("type=semver", git_tag("v1.2.3"), "version"),
        ("type=semver,pattern={{major}}", git_tag("v1.2.3-rc1"), "version"),
        ("type=semver,pattern=r{{major}}.{{minor}}.{{patch}}", git_tag("v1.2.3"), "version"),
        ("type=semver,pattern={{major}}.{{minor}}", git_tag("v1.2.3"), "moving"),
        ("type=tag", git_tag("release-7"), "version"),
        ("type=tag", git_tag("nightly"), "moving"),
        ("type=match,pattern=v(.*),group=1", git_tag("v1.2.3"), "version"),
        ("type=match,pattern=v(.*),group=1", git_tag("v1.2"), "moving"),
        ("type=raw,value=1.2.3", MAIN, "version"),
        ("type=raw,value=1.2.3rc1", MAIN, "version"),
        ("type=raw,value=1.2", MAIN, "moving"),
        ("type=raw,value=latest", MAIN, "moving"),
        ("type=branch", branch("x"), "moving"),
        ("type=mr", MERGE_REQUEST, "moving"),
    ],
)
def test_the_kind_of_a_tag(rule: str, facts: JobFacts, kind: str) -> None:
    found = planned(f"{rule}\nlatest=false", facts)
    assert found[-1].kind == kind
    assert found[0].kind == "commit"


def test_a_moving_tag_knows_which_versions_it_follows() -> None:
    rules = "type=semver,suffix=-alpine\ntype=semver,pattern={{major}}.{{minor}},suffix=-alpine\ntype=raw,value=stable"
    lines = {tag.name: tag.line for tag in planned(rules, git_tag("v1.2.3"))}
    assert lines["1.2.3-alpine"] is None
    for name, numbers in (("1.2-alpine", (1, 2)), ("latest", ()), ("stable", ())):
        line = lines[name]
        assert line
        assert (line.scheme, line.version, line.numbers, line.around) == (
            "semver",
            "v1.2.3",
            numbers,
            (("", "-alpine"),),
        )


def test_a_pattern_with_words_in_it_is_looked_for_with_them() -> None:
    rules = "type=semver,pattern=app-{{version}}.x\ntype=semver,pattern=app-{{major}}"
    line = planned(rules, git_tag("1.2.3"))[2].line
    assert line
    assert (line.numbers, line.around) == ((1,), (("app-", ".x"), ("", "")))


def test_a_free_tag_follows_the_git_tag_where_no_rule_reads_its_version() -> None:
    found = {
        tag.name: tag.line
        for tag in planned("type=raw,value=1.2\ntype=raw,value=9\ntype=raw,value=stable", git_tag("v1.2.3"))
    }
    one, two = found["1.2"], found["stable"]
    assert one
    assert two
    assert (one.version, one.numbers, two.numbers) == ("v1.2.3", (1, 2), ())
    assert found["9"] is None
    assert all(tag.line is None for tag in planned("type=raw,value=1.2"))


# what is wrong is told with its place


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("type=semvr", "tag rule 'type=semvr', column 6: type: there is no type 'semvr' -> did you mean 'semver'?"),
        ("type=ref,event=branch", "column 6: type: there is no type 'ref' -> write type=branch, type=tag or type=mr"),
        ("type=edge", "there is no type 'edge' -> write type=raw,value=edge"),
        ("type=qqqq", "-> known: schedule, semver"),
        ("type=", "there is no type ''"),
        ("pattern={{version}}", "column 1: type is missing -> begin with type= and one of schedule, semver"),
        ("type=sha,formt=long", "column 16: formt: is no key of type=sha -> did you mean 'format'?"),
        ("type=branch,value=x", "column 19: value: is no key of type=branch -> known: type, enable"),
        ("type=sha,format=tiny", "column 17: format: 'tiny' is neither long nor short -> long is the whole SHA"),
        ("type=raw", "column 6: type: value is missing -> add value="),
        ("type=raw,value=", "column 6: type: value is missing -> add value="),
        ("type=match", "column 6: type: pattern is missing -> add pattern="),
        ("type=match,pattern=(", "column 20: pattern: '(' is no regular expression: "),
        ("type=match,pattern=(a),group=2", "group: the pattern has no group '2' -> it has 0, 1"),
        ("type=match,pattern=(?<x>a),group=y", "group: the pattern has no group 'y' -> it has 0, 1, x"),
        (
            "type=semver,pattern={{versoin}}",
            "column 21: pattern: {{versoin}} is not known here -> did you mean {{version}}?",
        ),
        ("type=semver,pattern=v{{major", "column 22: pattern: '{{major' is not closed -> write }} at its end"),
        ("type=semver,pattern={{major x}}", "{{major}} takes nothing after its name -> write {{major}}"),
        ("type=raw,value={{version}}", "value: {{version}} is not known here"),
        ("type=raw,value={{}}", "value: {{}} is not known here -> known: branch"),
        ("type=raw,value={{date}}", "{{date}} takes a format in quotes -> write {{date 'YYYYMMDD'}}"),
        ("type=raw,value={{date 'Y' tz='Mars/Base'}}", "the time zone 'Mars/Base' is not known -> write UTC"),
        ("type=raw,value={{date 'Y' tz='../etc'}}", "the time zone '../etc' is not known"),
        ("type=sha,priority=high", "column 19: priority: 'high' is no number -> the default is 100"),
        (
            "type=sha,enable=maybe",
            "column 17: enable: 'maybe' is no condition -> write true, false, {{is_default_branch}}",
        ),
        ("type=sha,enable=", "enable: '' is no condition"),
        ('type=sha,enable={{branch}} == "x"', "is no condition"),
        ("type=sha,foo", "column 10: 'foo' is not key=value -> a comma in a value? put the field in quotes"),
        ("type=raw,a,b", "column 12: 'b' is a second value -> a comma in a value?"),
        ("type=sha,type=tag", "column 15: type is there twice"),
        ("type=sha,", None),
        ('type=raw,value=a"b', 'column 17: a quote is not closed -> put the whole field in quotes, and write "" for'),
        ("latest=maybe", "column 8: latest: 'maybe' is none of auto, true, false -> the default is auto"),
        ("prefix=a-,onlatest=x", "onlatest: 'x' is none of false, true"),
        ("latest=true,foo=1", "foo: is no key of a line for all tags -> known: latest"),
        ("latest=false", "there is a line for all tags, but no rule for a tag -> add type=sha"),
    ],
)
def test_a_wrong_rule_is_told_with_its_column(rule: str, words: str | None) -> None:
    if words is None:
        assert names(rule) == [SHA]
    else:
        found = refused(f"\n{rule}")
        assert words in found
        assert found.startswith("tags:2: tag rule") or "line for all" in found


def test_what_the_job_does_not_have_is_told_with_the_rule() -> None:
    assert refused("type=raw,value=$NOPE") == (
        "tags:1: a tag rule needs the variable NOPE, which is not set -> set it in the job, or give the rule a "
        "condition: enable=$NOPE"
    )
    assert names("type=raw,value=$NOPE,enable=$NOPE\ntype=branch") == ["main"]
    assert "tags:1: {{date}} needs the commit's date, which is not known -> run in a GitLab job" in refused(
        "type=raw,value={{date 'YYYY'}}", MAIN._replace(timestamp="")
    )


def test_a_long_row_of_braces_takes_no_time() -> None:
    assert "a quote is not closed" in refused("type=raw,value=" + "{{a}}" * 5000 + '"')


# whatever is written


WORDS = some.sampled_from(
    [
        "type=",
        "raw",
        "semver",
        "sha",
        ",",
        "=",
        '"',
        "{{",
        "}}",
        "version",
        "date 'Y'",
        "prefix=",
        "enable=",
        "$A",
        "x",
        " ",
        "é",
        "/",
        "pattern=",
    ]
)


@given(some.lists(WORDS, max_size=8).map("".join), some.text(max_size=20))
def test_every_rule_makes_tags_or_is_refused(rule: str, name: str) -> None:
    for text, facts in itertools.product((rule, f"type=raw,value={name}"), (branch(name), git_tag(name))):
        try:
            found = planned(text.replace("\n", " "), facts, A=name)
        except UsageError:
            continue
        assert all(is_tag(tag.name) for tag in found)
        assert len({tag.name for tag in found}) == len(found)


# the page about tags


PAGE = (Path(__file__).parents[3] / "docs" / "tags.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (tag|branch) `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("rule", "of", "name", "expected"), ROWS)
def test_the_page_shows_what_rules_make(rule: str, of: str, name: str, expected: str) -> None:
    facts = git_tag(name) if of == "tag" else branch(name)
    assert names(f"{rule}\nlatest=false", facts, CI_PIPELINE_IID="42") == [expected]


def test_the_page_names_every_type_with_its_priority() -> None:
    assert len(ROWS) > 15
    for name, kind in tag_rule.TYPES.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.endswith(f" {kind.priority} |")
        assert all(f"`{key}={default or ''}" in row for key, default in kind.keys.items())
