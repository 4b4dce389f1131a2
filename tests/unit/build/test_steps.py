import itertools

import pytest

from ci_kit.build.progress.steps import Steps
from ci_kit.model.step import Step, cache_hits

BUILDKIT = """\
#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 94B done
#1 DONE 0.0s

#2 [internal] load metadata for docker.io/library/busybox:1.36
#2 DONE 0.0s

#4 [build 1/3] FROM docker.io/library/busybox:1.36
#4 sha256:0123 1.05MB / 2.21MB 0.2s
#4 DONE 1.2s

#5 [build 2/3] COPY greeting /greeting
#5 CACHED

#6 [linux/arm64 build 3/3] RUN echo '#9 DONE 9.9s'; make
#6 0.123 #9 DONE 9.9s
#6 0.200 DONE 8.8s
#6 ...

#7 [stage-1 2/2] RUN false
#7 0.1 no
#7 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1

#6 [linux/arm64 build 3/3] RUN echo '#9 DONE 9.9s'; make
#6 CANCELED
------
 > [stage-1 2/2] RUN false:
------
ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1
"""
CLASSIC = """\
Step 1/5 : FROM busybox:1.36
 ---> 0123456789ab
Step 2/5 : COPY greeting /greeting
 ---> Using cache
 ---> 1123456789ab
Step 3/5 : RUN make
 ---> Running in 2123456789ab
 ---> Using cache is what this line of the build says
Removing intermediate container 2123456789ab
 ---> 3123456789ab
Step 4/5 : CMD ["x"]
 ---> 4123456789ab
Step 5/5 : LABEL com.gitlab.ci-kit.content=sha256:0123
 ---> Running in 5123456789ab
 ---> 5123456789ab
Successfully built 4123456789ab
Successfully tagged host/app:1
"""
BUILDAH = """\
[1/2] STEP 1/2: FROM busybox AS build
[1/2] STEP 2/2: RUN make
--> Using cache 0123
[2/2] STEP 1/2: FROM scratch
[2/2] STEP 2/2: COPY --from=build /a /a
[2/2] COMMIT host/app:1
--> 0123456789ab
"""


def read(text: str, failed: bool = False) -> tuple[Step, ...]:
    ticks = itertools.count()
    steps = Steps(lambda: float(next(ticks)))
    for line in text.splitlines():
        steps.read(line)
    return steps.found(failed=failed)


def test_the_progress_of_buildkit() -> None:
    found = read(BUILDKIT)
    assert [(step.name, step.state, step.seconds) for step in found] == [
        ("[internal] load build definition from Dockerfile", "done", 0),
        ("[internal] load metadata for docker.io/library/busybox:1.36", "done", 0),
        ("[build 1/3] FROM docker.io/library/busybox:1.36", "done", 1.2),
        ("[build 2/3] COPY greeting /greeting", "cached", 0),
        ("[linux/arm64 build 3/3] RUN echo '#9 DONE 9.9s'; make", "cancelled", 0),
        ("[stage-1 2/2] RUN false", "failed", 0),
    ]
    assert cache_hits(found) == (1, 3)
    assert read(BUILDKIT, failed=True) == found


@pytest.mark.parametrize("begin", ['#0 building with "kit" instance using docker-container driver\n', ""])
def test_a_build_that_is_asked_for_again_to_push_it_keeps_what_its_steps_took(begin: str) -> None:
    again = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#2 [build 3/3] RUN make
#2 CACHED
#3 exporting to image
#3 pushing layers 0.5s done
#3 DONE 0.6s
"""
    once = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#3 [build 3/3] RUN make
#3 DONE 4.2s
"""
    assert [(step.name, step.state, step.seconds) for step in read(begin + once + begin + again + begin + again)] == [
        ("[internal] load build definition from Dockerfile", "done", 0),
        ("[build 3/3] RUN make", "done", 4.2),
        ("exporting to image", "done", 0.6),
    ]


def test_the_stream_of_the_classic_builder() -> None:
    found = read(CLASSIC)
    assert [(step.name, step.state) for step in found] == [
        ("[1/5] FROM busybox:1.36", "done"),
        ("[2/5] COPY greeting /greeting", "cached"),
        ("[3/5] RUN make", "done"),
        ('[4/5] CMD ["x"]', "done"),
    ]
    assert found[0].seconds == 1


def test_the_lines_of_buildah() -> None:
    found = read(BUILDAH)
    assert [(step.name, step.state) for step in found] == [
        ("[stage 1/2, 1/2] FROM busybox AS build", "done"),
        ("[stage 1/2, 2/2] RUN make", "cached"),
        ("[stage 2/2, 1/2] FROM scratch", "done"),
        ("[stage 2/2, 2/2] COPY --from=build /a /a", "done"),
    ]
    assert cache_hits(found) == (1, 2)


def test_what_a_failed_build_was_at_is_what_failed() -> None:
    broken = "Step 1/2 : FROM busybox\n ---> 01\nStep 2/2 : RUN false\n ---> Running in 02\n"
    assert [step.state for step in read(broken, failed=True)] == ["done", "failed"]
    assert [step.state for step in read(broken)] == ["done", "running"]


def test_a_line_tells_which_step_it_changes() -> None:
    steps = Steps()
    assert steps.read("#3 [1/1] RUN make") == Step("[1/1] RUN make")
    assert steps.read("#3 0.1 output") is None
    assert steps.read("no step at all") is None
    assert steps.read("#3 DONE 2.5s") == Step("[1/1] RUN make", "done", 2.5)


@pytest.mark.parametrize("line", ["#3 \x1b[2J" + "x" * 5000, "Step 1/1 : \x1b[2J" + "x" * 5000])
def test_a_name_is_one_bounded_line_without_control_characters(line: str) -> None:
    (step,) = read(line)
    assert step.name.isprintable()
    assert len(step.name) == 300


def test_a_build_that_prints_without_end_fills_no_memory() -> None:
    assert len(read("\n".join(f"Step {number}/9 : RUN x" for number in range(3000)))) == 1000
