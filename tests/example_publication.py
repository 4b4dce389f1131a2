"""A run with everything in it that a build report can show."""

from ci_kit.model.check import Check
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base, Layer
from ci_kit.model.publication import Publication
from ci_kit.model.record import BuildRecord, Failure, JobFacts, TagMove
from ci_kit.model.step import Step

SHA = "7c1f09b2d4a84e0f9b3a6a1f5f2c0d9e8b7a6c5d"
DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
HOST = "registry.example.com:5050"
LONG = "x" * 300

FACTS = JobFacts(
    sha=SHA,
    ref="feature/a-branch-with-a-rather-long-name",
    merge_request="42",
    target_branch="main",
    project_url="https://gitlab.example.com/group/project",
    job_url="https://gitlab.example.com/group/project/-/jobs/1234",
)
STEPS = (
    Step("[internal] load build definition from Dockerfile", "done", 0.0),
    Step("[internal] load metadata for docker.io/library/python:3.13-slim", "done", 0.6),
    Step("[base 1/3] FROM docker.io/library/python:3.13-slim@sha256:0123456789abcdef", "done", 2.4),
    Step("[base 2/3] COPY requirements.txt /app/", "cached"),
    Step("[base 3/3] RUN pip install --no-cache-dir --require-hashes -r /app/requirements.txt", "cached"),
    Step("[release 1/2] COPY src /app/src", "done", 0.1),
    Step("[release 2/2] RUN python -m compileall -q /app/src && python -m app.check --strict --all", "done", 7.9),
    Step("exporting to image", "done", 1.2),
)
LAYERS = (
    Layer(DIGEST, 29_126_000, "ADD rootfs.tar.xz /", "linux/amd64"),
    Layer(OTHER, 12_400_000, "RUN apt-get install python3", "linux/amd64"),
    Layer(DIGEST, 45_900, "COPY requirements.txt /app/", "linux/amd64"),
    Layer(OTHER, 88_340_000, "RUN pip install --no-cache-dir --require-hashes -r /app/requirements.txt", "linux/amd64"),
    Layer(DIGEST, 310_000, "COPY src /app/src", "linux/amd64"),
)
API = BuildRecord(
    "api",
    ImageRef(HOST, "group/project/api", SHA),
    DIGEST,
    (SHA, "1.4.2", "mr-42"),
    "buildx",
    13.4,
    130_221_900,
    ("linux/amd64", "linux/arm64"),
    content="sha256:" + "ab" * 32,
    moves=(
        TagMove(SHA, "set"),
        TagMove("1.4.2", "set"),
        TagMove("mr-42", "moved", OTHER),
        TagMove("latest", "kept", OTHER, "commit 2222aaaa of 2026-11-20T10:00:00+00:00 is newer"),
    ),
    base=Base(f"{HOST}/group/project/api:main", OTHER, 128_000_000),
    steps=STEPS,
    layers=LAYERS,
    checks=(
        Check("sbom", "passed", "ci-kit-sbom-api.json"),
        Check("scan", "passed", "trivy: nothing of severity CRITICAL"),
        Check("signature", "passed", "cosign, with a key"),
    ),
)
DOCS = BuildRecord(
    "docs",
    ImageRef(HOST, "group/project/docs", SHA),
    OTHER,
    (SHA, "mr-42"),
    "none",
    0.21,
    8_100_000,
    ("linux/amd64",),
    skipped=True,
    reason="an image of the same content is there as content-abababababababab",
    moves=(TagMove(SHA, "set"), TagMove("mr-42", "moved", DIGEST)),
    base=Base(f"{HOST}/group/project/docs:main", OTHER, 8_100_000),
)
WEB = Failure(
    "web",
    ImageRef(HOST, "group/project/web", SHA),
    'web was not built: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1 -> see the step',
    4,
    (
        Step("[1/3] FROM docker.io/library/node:22", "done", 1.0),
        Step("[2/3] COPY package.json package-lock.json /app/", "done", 0.1),
        Step(f"[3/3] RUN npm ci # {LONG}", "failed", 4.5),
    ),
)
EVIL = Failure(
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    ImageRef(HOST, "group/project/evil", SHA),
    "</p><script src='https://evil.example/x.js'></script><style>body{display:none}</style>",
    4,
    (Step('"><iframe src="https://evil.example/"></iframe>', "failed"), Step(LONG, "running")),
)
PUBLICATION = Publication((API, DOCS), FACTS, (WEB, EVIL), ("worker",))
