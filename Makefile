# Everything a newcomer needs; `make` alone explains.
PORT ?= 8042
DICOM_PORT ?= 4242
DICOM ?=
SUITES ?= trixie forky
# Real images beside the clone, if there are any, for the tests that scroll through them.
TEST_DICOM ?= $(firstword $(wildcard ../shared/dicom/mr-head))

export PYTHONPATH := docker
export TEST_DICOM
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run stop clean check unit integration test bench docs fmt lock venv-run venv-test image

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

run: venv-run ## start the demo and share a study (PORT=8042 DICOM_PORT=4242 DICOM=folder with your own files)
	@$(PY) -m harness.demo run --port $(PORT) --dicom-port $(DICOM_PORT) --dicom "$(DICOM)"

stop: venv-run ## stop the demo; its data stay
	@ENGINE_INSTALL=0 $(PY) -m harness.demo stop

clean: ## remove everything: demo, its data, images, environment
	@if [ -x $(PY) ]; then ENGINE_INSTALL=0 $(PY) -m harness.clean || true; fi
	rm -rf .demo .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

test: check unit integration ## all of check, unit, integration

check: venv-test ## style, types, import rules, generated files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m docs.generate --check

unit: venv-test ## unit tests
	$(PY) -m pytest $(PYTEST_ARGS)

integration: venv-test ## real Orthanc, real browser (SUITES="trixie forky", PYTEST_ARGS=...)
	@docker/test-tools.sh
	@set -e; for suite in $(SUITES); do echo "== Orthanc of Debian $$suite"; \
		$(PY) -m pytest integration_tests --suite $$suite $(PYTEST_ARGS); done

bench: venv-test ## requests per second with and without the plugin
	@command -v wrk >/dev/null || docker/apt-install.sh wrk
	$(PY) -m benchmarks $(firstword $(SUITES))

image: venv-run ## build the image alone (SUITES=trixie)
	@$(PY) -m harness.image $(firstword $(SUITES))

docs: venv-test ## write what is generated: API description, schema and table of the settings
	$(PY) -m docs.generate

fmt: venv-test ## format the source
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: venv-run ## write the lock files anew (UPGRADE=1 takes the newest versions)
	docker/lock.sh $(if $(UPGRADE),--upgrade)

venv-run:
	@docker/venv.sh run

venv-test:
	@docker/venv.sh test
