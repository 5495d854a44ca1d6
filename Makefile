# Everything a newcomer needs; `make` alone explains.
PORT ?= 8042
DICOM_PORT ?= 4242
DICOM ?=
SUITES ?= trixie forky
SECONDS ?= 600
# A folder with the DICOM files of one real study, for the tests that scroll through it; they are skipped without.
TEST_DICOM ?=

export PYTHONPATH := docker
export TEST_DICOM
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run stop clean check unit integration census test bench bench-store fuzz mutation ohif docs fmt lock venv-run venv-test image

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

census: venv-test ## who reaches which route, with 60,000 requests per Orthanc (SUITES="trixie forky")
	@set -e; for suite in $(SUITES); do echo "== Orthanc of Debian $$suite"; $(PY) -m integration_tests.census $$suite; done

bench: venv-test ## requests per second with and without the plugin
	@command -v wrk >/dev/null || docker/apt-install.sh wrk
	$(PY) -m benchmarks $(firstword $(SUITES))

bench-store: venv-test ## the share store with 100,000 shares against one with 100
	$(PY) -m benchmarks.store_scale

fuzz: venv-test ## fuzz what reads bytes of strangers (SECONDS=600 for each of four targets, two at a time)
	@mkdir -p build/fuzz/tool
	@$(PY) -m pip --disable-pip-version-check install --quiet --upgrade --target build/fuzz/tool atheris==3.0.0
	@printf '%s\n' path query cookie code | PYTHONPATH=build/fuzz/tool:$$PYTHONPATH xargs -P 2 -I TARGET sh -c \
		'log=build/fuzz/TARGET.log; nice $(PY) -m benchmarks.fuzz TARGET -max_total_time=$(SECONDS) >$$log 2>&1 \
		|| { tail -n 40 $$log; exit 1; }; echo "TARGET: $$(grep ^Done $$log)"'

mutation: venv-test ## change what decides, line by line, and see whether a test notices (15 minutes)
	@$(PY) -m benchmarks.mutation

image: venv-run ## build the image alone (SUITES=trixie)
	@$(PY) -m harness.image $(firstword $(SUITES))

ohif: ## fetch OHIF Viewer from npm into build/ohif (OHIF=folder)
	@python3 docker/ohif.py $(or $(OHIF),build/ohif)

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
