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
.PHONY: help run stop clean check unit integration census sessions chaos test bench bench-store bench-viewer bench-scroll fuzz api-fuzz mutation ohif docs fmt lock venv-run venv-test image bench-login bench-flood bench-letters bench-download bench-storage viewer-files screenshots site release tls images alone too-old appearance convert-kills

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

test: ## all of check, unit, integration; images are built beside the first two
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=line alone images
	@$(MAKE) --no-print-directory integration

check: venv-test ## style, types, import rules, generated files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m docs.generate --check
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

# What needs no container.
alone: check
	@$(MAKE) --no-print-directory unit

unit: venv-test ## unit tests
	$(PY) -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

images: venv-test
	@$(PY) -m harness.image $(SUITES) helpers proxy postgres

integration: venv-test ## real Orthanc, real browser (SUITES="trixie forky", PYTEST_ARGS=...)
	@docker/test-tools.sh
	@set -e; for suite in $(SUITES); do echo "== Orthanc of Debian $$suite, without browsers"; \
		$(PY) -m pytest integration_tests --suite $$suite --part servers -n 2 --dist loadfile $(PYTEST_ARGS); done
	@set -e; for suite in $(SUITES); do echo "== Orthanc of Debian $$suite, with browsers"; \
		$(PY) -m pytest integration_tests --suite $$suite --part browsers $(PYTEST_ARGS); done

tls: venv-test ## testssl.sh against the shipped proxy
	@command -v testssl >/dev/null || docker/apt-install.sh testssl.sh bsdextrautils dnsutils
	@$(PY) -m integration_tests.tls $(firstword $(SUITES))

too-old: venv-test ## an Orthanc that is too old (Debian 12) stops with a sentence
	@PYTHONPATH=docker TOO_OLD=1 .venv/bin/python -m pytest integration_tests/test_refused_starts.py -k too_old

census: venv-test ## who reaches which route, with 60,000 requests per Orthanc (SUITES="trixie forky")
	@set -e; for suite in $(SUITES); do echo "== Orthanc of Debian $$suite"; $(PY) -m integration_tests.census $$suite; done

sessions: venv-test ## how long a session lives after its window was closed, in real browsers (FACTOR=10 is ten times faster)
	@docker/test-tools.sh
	@$(PY) -m integration_tests.sessions $(firstword $(SUITES)) $(or $(FACTOR),1)

chaos: venv-test ## kill Orthanc at random moments under load, and see whether what it answered holds (CHAOS=200 kills)
	@$(PY) -m integration_tests.chaos $(firstword $(SUITES)) $(or $(CHAOS),200) $(or $(SEED),1)

convert-kills: venv-test ## kill the conversion of an archive to encryption at KILLS=20 random places (2 minutes)
	@KILLS=$(or $(KILLS),20) $(PY) -m pytest integration_tests/test_encryption.py -k through_every_kill

bench: venv-test ## requests per second with and without the plugin
	@command -v wrk >/dev/null || docker/apt-install.sh wrk
	$(PY) -m benchmarks $(firstword $(SUITES))

bench-login: venv-test ## whether the time of a failing login tells if its code exists (20 minutes)
	$(PY) -m benchmarks.login_timing $(firstword $(SUITES))

bench-flood: venv-test ## 50 patients who scroll, without and with 100 wrong logins a second (10 minutes)
	$(PY) -m benchmarks.flood $(firstword $(SUITES))

bench-download: venv-test ## a study of 2 GB as a download beside Orthanc's own archive (10 minutes)
	$(PY) -m benchmarks.download $(firstword $(SUITES))

bench-storage: venv-test ## what encryption at rest costs: 5,000 instances stored and read back, beside native storage
	@docker/test-tools.sh
	@command -v wrk >/dev/null || docker/apt-install.sh wrk
	$(PY) -m benchmarks.storage $(firstword $(SUITES))

bench-letters: venv-test ## what a share and its letter cost, and 500 letters beside patients who look at images
	$(PY) -m benchmarks.letters $(firstword $(SUITES))

bench-store: venv-test ## the share store with 100,000 shares against one with 100
	$(PY) -m benchmarks.store_scale

bench-viewer: venv-test ## this viewer beside Orthanc Web Viewer and OHIF, on a desktop and an emulated phone (VIEWER=this|all)
	@docker/test-tools.sh
	$(PY) -m benchmarks.viewer --viewer $(or $(VIEWER),all)

bench-scroll: venv-test ## 20 patients who scroll at once on two cores: single pictures against runs
	$(PY) -m benchmarks.scroll

fuzz: venv-test ## fuzz what reads bytes of strangers (SECONDS=600 for each of four targets, two at a time)
	@mkdir -p build/fuzz/tool
	@$(PY) -m pip --disable-pip-version-check install --quiet --upgrade --target build/fuzz/tool atheris==3.0.0
	@printf '%s\n' path query cookie code | PYTHONPATH=build/fuzz/tool:$$PYTHONPATH xargs -P 2 -I TARGET sh -c \
		'log=build/fuzz/TARGET.log; nice $(PY) -m benchmarks.fuzz TARGET -max_total_time=$(SECONDS) >$$log 2>&1 \
		|| { tail -n 40 $$log; exit 1; }; echo "TARGET: $$(grep ^Done $$log)"'

api-fuzz: venv-test ## generated requests against the staff API of a real Orthanc (CASES=200 per operation)
	@$(PY) -m integration_tests.api_fuzz $(firstword $(SUITES)) $(or $(CASES),200)

viewer-files: venv-test ## which DICOM files the viewer shows, compared with another decoder: docs/viewer-files.md
	@docker/test-tools.sh
	@$(PY) -m integration_tests.viewer_files $(SUITES)

mutation: venv-test ## change what decides, line by line, and see whether a test notices (15 minutes)
	@$(PY) -m benchmarks.mutation

image: venv-run ## build the image alone (SUITES=trixie)
	@$(PY) -m harness.image $(firstword $(SUITES))

ohif: ## fetch OHIF Viewer from npm into build/ohif (OHIF=folder)
	@python3 docker/ohif.py $(or $(OHIF),build/ohif)

screenshots: venv-test ## take the pictures of docs/portal.md anew
	@docker/test-tools.sh
	$(PY) -m docs.screenshots

appearance: venv-test ## every page in Chromium, Firefox and WebKit, phone and desktop, all languages, in build/appearance
	@docker/test-tools.sh
	$(PY) -m integration_tests.appearance $(firstword $(SUITES))

docs: venv-test ## write what is generated: API description, schema and table of the settings
	$(PY) -m docs.generate

site: venv-test ## the documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

release: venv-test ## wheel, source archive, list of components and checksums in dist/
	@docker/release.sh

fmt: venv-test ## format the source
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: venv-run ## write the lock files anew (UPGRADE=1 takes the newest versions)
	docker/lock.sh $(if $(UPGRADE),--upgrade)

venv-run:
	@docker/venv.sh run

venv-test:
	@docker/venv.sh test
