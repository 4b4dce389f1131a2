"""The users and tokens of a rig: random at every start, so that a secret in the wrong place is unmistakable."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

OWN_PROJECT = "group/project"
PROJECTS = {OWN_PROJECT: 42, "group/sub/project": 43, "other/project": 44}
FLAT_USER = "flat"
EVERYTHING = ["pull", "push", "delete"]


@dataclass(frozen=True, slots=True)
class People:
    """`users`: name -> password and what it may; `grants`: the same for the stand-in; `api_tokens`: by kind."""

    users: dict[str, dict[str, str]]
    grants: dict[str, dict[str, Any]]
    api_tokens: dict[str, str]
    flat_password: str


def make() -> People:
    """New users and tokens; the job token is the password of gitlab-ci-token, as in GitLab."""
    job = secret("glcbt-64_")
    tokens = {"job": job, "project": secret("glpat-"), "reader": secret("glpat-"), "none": secret("glpat-")}
    flat = secret("flat-")
    grants: dict[str, dict[str, Any]] = {
        "gitlab-ci-token": {"password": job, "grants": {OWN_PROJECT: EVERYTHING}},
        "ci-user": {"password": secret("pass-"), "grants": {path: [*EVERYTHING, "*"] for path in PROJECTS}},
        "reader": {"password": secret("glpat-"), "grants": {path: ["pull"] for path in PROJECTS}},
        "gitlab-deploy-token": {"password": secret("gldt-"), "grants": {OWN_PROJECT: ["pull", "push"]}},
        "apionly": {"password": secret("glpat-"), "grants": None},
    }
    may = {
        "gitlab-ci-token": "pull, push and delete in its own project",
        "ci-user": "pull, push and delete in every project",
        "reader": "pull in every project",
        "gitlab-deploy-token": "pull and push in its own project",
        "apionly": "nothing in the registry: the token has no registry scope",
    }
    users = {name: {"password": grants[name]["password"], "may": text} for name, text in may.items()}
    users[FLAT_USER] = {"password": flat, "may": "everything in the flat registry, and nothing elsewhere"}
    return People(users, grants, tokens, flat)


def secret(prefix: str) -> str:
    """A random secret with the look of GitLab's."""
    return prefix + secrets.token_hex(20)
