import re

import pytest

from ci_kit.model import causes
from ci_kit.model.causes import CAUSES, SUBJECTS


def test_every_cause_has_an_id_of_its_own_and_says_what_who_and_how() -> None:
    every = [cause for of_subject in SUBJECTS.values() for cause in of_subject]
    assert len({cause.id for cause in every}) == len(every)
    for cause in every:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cause.id), cause.id
        assert cause.summary.endswith("."), cause.id
        assert cause.fix.endswith("."), cause.id
        assert 0 < len(cause.hint) <= 120, cause.id
        assert not cause.hint.endswith("."), cause.id
        assert cause.source, cause.id
        assert set(cause.hides) <= set(CAUSES), cause.id
        assert cause.id not in cause.hides, cause.id


def test_every_cause_that_tools_show_has_their_words() -> None:
    silent = {cause.id for cause in CAUSES.values() if not cause.texts}
    assert silent == {cause.id for cause in SUBJECTS["Files of the server"]}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("error parsing HTTP 413 response body: invalid character '<' looking for …", "body-limit"),
        (
            'error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH',
            "helper-missing",
        ),
        ("http: server gave HTTP response to HTTPS client", "registry-plain-http"),
        ("Cannot connect to the Docker daemon at tcp://docker:2375. Is it running?", "daemon-wrong-port"),
        ("login attempt to https://h/v2/ failed with status: 502 Bad Gateway", "upstream-down"),
        ("x509: certificate is valid for docker, localhost, not dind", "tls-wrong-name"),
        ("toomanyrequests: You have reached your pull rate limit.", "hub-rate-limit"),
    ],
)
def test_a_text_that_people_paste_leads_to_its_cause(text: str, first: str) -> None:
    found = causes.of_text(f"step 3\n{text}\nERROR: Job failed")
    assert found[0][0].id == first


def test_a_text_of_several_causes_leads_to_each_of_them_once() -> None:
    ids = [cause.id for cause, _ in causes.of_text("denied: requested access to the resource is denied")]
    assert {"nothing-granted", "read-only-credential", "job-token-elsewhere", "registry-disabled"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_words_of_no_tool_lead_nowhere() -> None:
    assert causes.of_text("all went well") == []


def test_an_error_takes_its_next_step_from_the_catalogue() -> None:
    assert causes.told("body-limit") == {"hint": causes.hint("body-limit"), "cause": "body-limit"}
    assert causes.find("body-limit").hint == "set client_max_body_size 0 in every proxy before the registry"
