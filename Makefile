# Everything a newcomer types. Only make and Python >= 3.11 are assumed; each target installs what it needs.
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.version_info >= (3, 11) or sys.exit(1); print(sys.executable)' \
	2>/dev/null && break; done)
RUN := .venv/bin/python
SAM := PATH="$(CURDIR)/.local/venvs/sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 sam
# The environment of samconfig.toml that `make deploy` uses.
CONFIG ?= default

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check deploy bench chaos python

help: ## Say what there is to type
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: python ## Install everything (the other targets do so by themselves)
	@$(PYTHON) -m local.virtualenvs dev sam ministack microburst

demo: python ## Watch signed webhooks become Salesforce records, in a stack that is gone afterwards
	@$(PYTHON) -m local.virtualenvs run sam ministack
	@exec $(RUN) -m local demo

up: python ## Start the local stack and keep it running
	@$(PYTHON) -m local.virtualenvs run sam ministack
	@exec $(RUN) -m local up

down: ## Stop the local stack
	@test ! -x $(RUN) || exec $(RUN) -m local down

test: setup ## Run every test
	@$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile tests/unit tests/integration
	@# The short chaos has a stack of its own: it runs beside the other end-to-end tests.
	@$(RUN) -m pytest tests/e2e/test_chaos.py & chaos=$$!; \
	$(RUN) -m pytest tests/e2e --ignore tests/e2e/test_chaos.py; others=$$?; \
	wait $$chaos && exit $$others

check: setup ## Format, lint, types, template, architecture
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy
	@$(SAM) validate --lint --region us-east-1
	@$(RUN) -m pytest -q tests/unit/test_architecture.py

deploy: python ## Build and deploy to your AWS account (CONFIG=production for that environment)
	@$(PYTHON) -m local.virtualenvs run sam
	@$(SAM) build --config-env $(CONFIG)
	@$(SAM) deploy --config-env $(CONFIG)

chaos: python ## Ten thousand events while Salesforce and AWS misbehave, then count (BRIDGE_CHAOS_EVENTS for fewer)
	@$(PYTHON) -m local.virtualenvs run sam ministack microburst
	@exec $(RUN) -m local.chaos

bench: setup ## Run the benchmarks and print their report
	@exec $(RUN) -m bench

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with its venv module, is needed (Debian: python3-venv); none was found." >&2; exit 1; }
