# `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz kills docs clean
PYTHON ?= python3
BIN := .venv/bin

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: .venv/.prepared  ## run the main job for real: generate, lint, build and push in docker-in-docker, list the image
	$(BIN)/python -m tests.demo

test: check  ## run every test, with the real registries and pipelines
	$(BIN)/python -m pytest

check: .venv/.prepared  ## what needs no daemon: format, types, import contracts, our own pipeline and templates
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/ci-kit lint

bench: .venv/.prepared  ## measure against budgets and peers, both sides in one run
	$(BIN)/python -m benchmarks

fuzz: .venv/.prepared  ## damaged pipeline files by the hundred thousand: no crash, no hang, no impossible answer
	$(BIN)/python -m benchmarks.fuzz --count 100000

kills: .venv/.prepared  ## build-push killed at 200 random moments; a run of the tests has fewer
	CI_KIT_KILLS=200 $(BIN)/python -m pytest tests/integration/test_killed.py

docs: .venv/.prepared  ## write the generated pages anew; fails when that changes a file
	$(BIN)/python -m ci_kit.pages docs
	git diff --exit-code -- docs

clean:  ## remove what make made
	rm -rf .venv .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist

.venv/.prepared: .ci/prepare .ci/development.lock pyproject.toml
	PYTHON=$(PYTHON) .ci/prepare
