"""The JSON schema of the result file (`build-push --result`), for programs that read it: `ci-kit schema --result`.

Version 1 only grows: a key that is there stays and keeps its meaning, so a reader lets unknown keys pass.
"""

from typing import Any, get_args

from ci_kit.model.check import CheckState
from ci_kit.model.grammar import DIGEST
from ci_kit.model.record import RESULT_VERSION, MoveState
from ci_kit.model.step import StepState

_DRAFT = "http://json-schema.org/draft-07/schema#"
_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_NUMBER: _Schema = {"type": "integer", "minimum": 0}
_DIGEST: _Schema = {"type": "string", "pattern": DIGEST.pattern.replace(r"\Z", "$")}


def schema() -> _Schema:
    """Return the schema."""
    return {
        "$schema": _DRAFT,
        "title": "Result of ci-kit build-push",
        **_object(
            ("version", "images", "job"),
            version={"const": RESULT_VERSION},
            images=_list(_image(), "What is in the registry: verified under its digest."),
            job=_said(_strings(), "The job's variables that ci-kit record needs; none is secret."),
            failures=_list(_failure(), "What is not published as planned; absent when all is."),
        ),
    }


def _image() -> _Schema:
    contract = ("name", "image", "digest", "tags", "skipped", "content", "builder", "seconds", "size", "platforms")
    return _object(
        (*contract, "recorded"),
        name=_said(_TEXT, "Name in the settings."),
        image=_said(_TEXT, "host[:port]/path:tag, the tag that was pushed first."),
        digest=_said(_DIGEST, "What the registry says of it: of a manifest, or of an index of several platforms."),
        tags=_list(_TEXT, "The tags that lead to it now."),
        skipped=_said({"type": "boolean"}, "Whether it was there already, and nothing was built."),
        reason=_said(_TEXT, "Why nothing was built."),
        content=_said({"type": ["string", "null"]}, "Hash of its inputs, where one was computed."),
        builder=_said(_TEXT, "What built it; none when nothing was built."),
        seconds=_said({"type": "number", "minimum": 0}, "Wall time from the start of its build to its last tag."),
        size=_said(_NUMBER, "Compressed bytes of all its layers and configurations; 0 when not known."),
        platforms=_list(_TEXT, "os/architecture[/variant] each."),
        recorded=_said(_strings(), "Each report with its path, each step of the record with what became of it."),
        moves=_list(_move(), "What became of each planned tag."),
        base=_said(_base(), "The image of the branch that the merge request goes to."),
        cache=_said(_cache(), "Instructions of the Dockerfile that came out of a cache."),
        steps=_list(_step(), "The steps as the builder told of them."),
        layers=_list(_layer(), "The layers in the registry, the lowest first."),
        checks=_list(_check(), "What was checked before tags other than the first were set."),
    )


def _failure() -> _Schema:
    return _object(
        ("name", "image", "message", "exit_code"),
        name=_TEXT,
        image=_TEXT,
        message=_said(_TEXT, "One line: what happened, and what to do next."),
        exit_code=_NUMBER,
        steps=_list(_step(), "How far its build came."),
    )


def _move() -> _Schema:
    was = _said(_TEXT, "The digest that the tag led to before, or leads to still; empty when none.")
    return _object(("tag", "state", "was", "reason"), tag=_TEXT, state=_words(MoveState), was=was, reason=_TEXT)


def _base() -> _Schema:
    return _object(("image", "digest", "size"), image=_TEXT, digest=_DIGEST, size=_NUMBER)


def _cache() -> _Schema:
    return _object(("cached", "of"), cached=_NUMBER, of=_NUMBER)


def _step() -> _Schema:
    seconds = {"type": "number", "minimum": 0}
    return _object(("name", "state", "seconds"), name=_TEXT, state=_words(StepState), seconds=seconds)


def _layer() -> _Schema:
    return _object(
        ("digest", "size", "command", "platform"), digest=_DIGEST, size=_NUMBER, command=_TEXT, platform=_TEXT
    )


def _check() -> _Schema:
    return _object(("name", "state", "detail"), name=_TEXT, state=_words(CheckState), detail=_TEXT)


def _object(required: tuple[str, ...], **properties: _Schema) -> _Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def _list(items: _Schema, description: str) -> _Schema:
    return {"description": description, "type": "array", "items": items}


def _strings() -> _Schema:
    return {"type": "object", "additionalProperties": _TEXT}


def _words(literal: Any) -> _Schema:
    return {"enum": list(get_args(literal))}


def _said(what: _Schema, description: str) -> _Schema:
    return {"description": description, **what}
