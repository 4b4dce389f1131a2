"""The build report and the JUnit report: whatever builds, images and tools say of themselves is text in them."""

import xml.etree.ElementTree as Xml
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as some

from ci_kit.model.check import Check
from ci_kit.model.layer import Base, Layer
from ci_kit.model.publication import Publication
from ci_kit.model.record import TagMove
from ci_kit.model.step import Step
from ci_kit.report import build_page, verification
from tests import example_publication as example

EVIL = '</code></p></title></style><script>alert(1)</script><img src=x onerror=y>" style="x" \x1b[2J\u202e\ud800&amp;'


class Page(HTMLParser):
    """The elements of a page, and all that they are told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def publication(text: str) -> Publication:
    """Return a run in which everything says `text`."""
    record = example.API._replace(
        name=text,
        image=example.API.image._replace(tag=text),
        tags=(text,),
        builder=text,
        platforms=(text, "other"),
        reason=text,
        moves=(TagMove(text, "kept", text, text), TagMove("x", "moved", text)),
        base=Base(text, text, 1),
        steps=(Step(text, "done", 1), Step("[1/2] RUN x", "cached")),
        layers=(Layer(example.DIGEST, 1, text, text), Layer(example.DIGEST, 1, "", "b")),
        checks=(Check(text, "passed", text), Check("scan", "failed", text)),
    )
    failed = example.WEB._replace(name=f"{text}2", message=text, steps=(Step(text, "failed"),))
    facts = example.FACTS._replace(
        ref=text, sha=text, job_url=text, project_url=f"javascript:{text}", merge_request=text
    )
    return Publication((record, record._replace(name=f"{text}3", skipped=True)), facts, (failed,), (f"{text}4",))


def test_the_page_of_a_hostile_build_has_the_elements_of_a_harmless_one() -> None:
    harmless, hostile = (Page(build_page.render(publication(text))) for text in ("harmless", EVIL))
    assert hostile.elements == harmless.elements
    assert hostile.attributes == harmless.attributes
    assert not {"script", "img", "link", "iframe"} & set(hostile.elements)
    assert hostile.links == []
    assert "style" in hostile.attributes  # the widths of bars, and nothing else: the policy lets them pass


def test_links_lead_to_the_web_and_nothing_is_fetched() -> None:
    page = Page(build_page.render(example.PUBLICATION))
    assert page.links == [example.FACTS.job_url, example.FACTS.project_url]
    assert "default-src 'none'; style-src 'unsafe-inline'" in build_page.render(example.PUBLICATION)


def test_what_each_image_came_to_is_said() -> None:
    words = " ".join(Page(build_page.render(example.PUBLICATION)).texts)
    for said in ("1 published", "1 skipped", "2 not published", "1 not finished", "+2.2 MB against main"):
        assert said in words
    assert "Nothing was built: an image of the same content is there as" in words
    assert "2 of 4 instructions from the cache" in words
    failed = example.API._replace(checks=(Check("scan", "failed", "trivy found it"),))
    page = build_page.render(Publication((failed,), example.FACTS, (example.WEB._replace(name="api"),)))
    assert "not published as planned" in page


def test_a_run_without_images_has_a_page_too() -> None:
    assert "No image yet." in build_page.render(Publication((), example.FACTS))


@settings(max_examples=30)
@given(some.text(max_size=30))
def test_both_reports_can_be_read_whatever_is_said(text: str) -> None:
    found = publication(text)
    elements = Page(build_page.render(found)).elements
    assert elements.count("section") == 4
    suites = Xml.fromstring(verification.render(found))
    assert len(suites) == 4
