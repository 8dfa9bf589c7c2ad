# Everything happens in .venv below this directory; nothing global is touched.
.DEFAULT_GOAL := help

# What may be given on the command line: make run ARGS="trainer=gpu", make setup PYTHON=/path/to/python3.12,
# make setup EXTRAS="photos web" (what is installed stays; the tools of developers always come along)
ARGS ?=
PYTEST_ARGS ?= -n 2
EXTRAS ?= explain export photos sweep wandb web
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c $(SUPPORTED) 2>/dev/null && echo $$python && break; done)
UV ?= $(filter-out $(CURDIR)/.venv/bin/uv,$(shell command -v uv 2>/dev/null))

SUPPORTED := 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
HAS_HEADERS := 'import os, sysconfig; include = sysconfig.get_path("include"); raise SystemExit(not os.path.exists(include + "/Python.h"))'
GIGABYTES := 12
BIN := .venv/bin

# Another active environment, or pip told to install elsewhere, must not redirect what is installed here.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV PIP_CONSTRAINT
unexport UV_SYSTEM_PYTHON UV_PROJECT_ENVIRONMENT UV_CONSTRAINT UV_OVERRIDE
# Tests start hundreds of processes: none of them should compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# Whatever is described below is a command, not a file.
.PHONY: $(shell awk -F: '/^[a-z-]+:.*\#\# / { print $$1 }' $(firstword $(MAKEFILE_LIST)))

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## install everything into .venv (about 6 GB); does nothing when that is done

# Two splits of every user's ratings instead of ten, and one epoch less, so that it takes minutes; what ARGS says counts.
run: setup ## train and compare BLG-PIAA from two starts and BA-PIAA on the embedded pictures; more in ARGS="..."
	$(BIN)/python -m piaa_lightning experiment=blg_piaa protocol.test.repeats=2 task.epochs=3 $(ARGS)

test: setup ## run the tests and the examples in docstrings; PYTEST_ARGS="tests/data -x" chooses
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

test-fast: setup ## run the tests that need no process, browser, training or embedded database
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not processes and not browser" $(PYTEST_ARGS)

check: setup ## look at format, style, types and spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/codespell

# Links of the pages hold here as in the repository: the site is built from links to README.md, docs/ and experiments/.
docs: .venv-docs/.ready ## build the site of the documentation into build/site; a broken link or missing reference fails
	@rm -rf build/pages && mkdir -p build/pages/piaa_lightning/weights
	@for part in README.md LICENSE docs experiments; do ln -s "$(CURDIR)/$$part" build/pages/$$part; done
	@ln -s "$(CURDIR)/piaa_lightning/weights/NOTICE" build/pages/piaa_lightning/weights/NOTICE
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet --strict --config-file docs/mkdocs.yml
	@echo "docs: open build/site/index.html"

format: setup ## bring the code into the common format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

pages: setup ## write report.html of every study from its csv files; NAME=pa_iaa of one
	$(BIN)/python experiments/pages.py $(NAME)

collect: setup ## put the runs of a sweep into one table and one page: SWEEP=DIRECTORY
	$(BIN)/python -m piaa_lightning mode=collect "collect.runs=$(SWEEP)" $(ARGS)

bench-report: setup ## measure how long a run's report takes, with and without gradient maps
	$(BIN)/python experiments/performance/bench_report.py $(ARGS)

tables: setup ## write the tables of the README files from the studies' csv files
	$(BIN)/python experiments/tables.py

study: setup ## run a study and write its tables: NAME=pa_iaa, meta_learners, ...; ARGS="OASIS_DIRECTORY WEIGHTS"
	@test -f experiments/$(NAME)/run.sh || { echo "study: there is no study '$(NAME)'; choose NAME from" \
		$$(cd experiments && ls -d */run.sh | xargs -n 1 dirname) >&2; exit 1; }
	bash experiments/$(NAME)/run.sh $(ARGS)
	$(BIN)/python experiments/tables.py
	$(BIN)/python experiments/pages.py $(NAME)

bench-data: setup ## measure reading, the picture cache and waiting for data; prints ratios, writes runs/bench/
	$(BIN)/python experiments/performance/bench_data.py $(ARGS)

bench-train: setup ## measure a training step against the bare network, and what speeds it up
	$(BIN)/python experiments/performance/bench_train.py $(ARGS)

bench-threads: setup ## measure one thread against all of them, idle and beside two busy programs
	$(BIN)/python experiments/performance/bench_threads.py $(ARGS)

bench-personal: setup ## measure closed-form rows: the whole table, and one person
	$(BIN)/python experiments/performance/bench_personal.py $(ARGS)

bench-meta: setup ## measure meta-training and the evaluation
	$(BIN)/python experiments/performance/bench_meta.py $(ARGS)

bench-features: setup ## measure handcrafted features, and networks with several columns against their columns
	$(BIN)/python experiments/performance/bench_features.py $(ARGS)

bench-backbones: setup ## measure how fast the bundled networks look at images, and at files of 12 megapixels
	$(BIN)/python experiments/performance/bench_backbones.py $(ARGS)

bench-scale: setup ## measure what two processes gain, and what a checkpoint costs
	$(BIN)/python experiments/performance/bench_scale.py $(ARGS)

bench-sweep: setup ## measure what a sweep costs beside its jobs, and what it shares
	$(BIN)/python experiments/performance/bench_sweep.py $(ARGS)

test-faults: setup ## kill runs, fill disks, damage files; prints what was survived and how many records were lost
	$(BIN)/python experiments/reliability/faults.py $(ARGS)

test-attacks: setup ## attack the page and what is read from others, on this machine alone; prints what was held
	$(BIN)/python experiments/reliability/attacks.py $(ARGS)

fuzz: setup ## feed every reader with 10,000 spoilt files; prints what was found
	$(BIN)/python experiments/reliability/fuzz.py $(ARGS)

bench-web: setup ## measure the page: reading photographs, and from a rating to the new order
	$(BIN)/python experiments/performance/bench_web.py $(ARGS)

constraints: setup ## choose the newest versions that fit together and write constraints.txt
	@uv="$(UV)"; "$${uv:-$(BIN)/uv}" pip compile --quiet --universal --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --all-extras --python-version 3.11 \
		pyproject.toml -o .constraints.new
	@if grep -nE '://|^--|@' .constraints.new; then rm -f .constraints.new; \
		echo "constraints: the lines above hold addresses, so constraints.txt was left as it is." >&2; exit 1; fi
	@mv .constraints.new constraints.txt

docs-lock: setup ## choose the newest versions of what builds the site and write requirements/docs.txt
	@uv="$(UV)"; "$${uv:-$(BIN)/uv}" pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 --group docs -o .constraints.new
	@if grep -nE '://|^--|@' .constraints.new; then rm -f .constraints.new; \
		echo "docs-lock: the lines above hold addresses, so requirements/docs.txt was left as it is." >&2; exit 1; fi
	@mv .constraints.new requirements/docs.txt

clean: ## remove what the tools left behind; keeps .venv, runs and cached pictures
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist .constraints.new
	find piaa_lightning experiments tests -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# The stamp is written last, so an interrupted installation goes on with the next make.
# A uv older than 0.9 may not know the settings that build learn2learn: it is passed over.
.venv/.ready: pyproject.toml constraints.txt
	@stop() { echo "setup: $$1" >&2; exit 1; }; \
	python="$(PYTHON)"; \
	"$$python" -c $(SUPPORTED) 2>/dev/null \
		|| stop "no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make setup PYTHON=/path/to/python3."; \
	"$$python" -c $(HAS_HEADERS) \
		|| stop "$$python has no header files, which compiling learn2learn needs; install them (Debian: apt install python3-dev)."; \
	command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null \
		|| stop "no C compiler was found, and learn2learn is compiled; install one (Debian: apt install gcc; macOS: xcode-select --install)."; \
	test -e $@ || df -Pk . | awk 'NR == 2 { exit $$4 < $(GIGABYTES) * 1024 * 1024 }' \
		|| stop "less than $(GIGABYTES) GB are free in $(CURDIR), and torch with its libraries needs them; free some space."; \
	echo "setup: installing into .venv; the first time this takes minutes" >&2; \
	rm -f $@; \
	$(BIN)/python -c $(SUPPORTED) 2>/dev/null || rm -rf .venv; \
	uv="$(UV)"; \
	[ -n "$$uv" ] && "$$uv" --version | awk '{ split($$2, v, "."); exit !(v[1] > 0 || v[2] >= 9) }' || uv=; \
	if [ -n "$$uv" ]; then \
		test -e .venv/pyvenv.cfg || "$$uv" venv --quiet --python "$$("$$python" -c 'import sys; print(sys.executable)')" .venv \
			|| stop "$$uv could not make .venv; read its message above."; \
	else \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv \
			|| stop "$$python cannot make environments; install its venv module (Debian: apt install python3-venv) or uv."; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' \
			|| stop "uv could not be installed from the package index; read pip's message above."; \
		uv=$(BIN)/uv; \
	fi; \
	"$$uv" pip install --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[$$(echo dev $(EXTRAS) | tr ' ' ',')]" \
		|| stop "the packages could not be installed; read the message above and run make setup again."; \
	touch $@

# The tools of the site are small and of no use to a run: they have an environment of their own, and setup knows nothing of it.
.venv-docs/.ready: requirements/docs.txt
	@stop() { echo "docs: $$1" >&2; exit 1; }; \
	rm -rf .venv-docs; uv="$(UV)"; \
	test -n "$$uv" || { test -x $(BIN)/uv && uv=$(BIN)/uv; } || true; \
	if [ -n "$$uv" ]; then \
		"$$uv" venv --quiet --python "$(PYTHON)" .venv-docs && \
		"$$uv" pip install --quiet --python .venv-docs/bin/python --no-deps -r requirements/docs.txt; \
	else \
		"$(PYTHON)" -m venv .venv-docs && \
		.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/docs.txt; \
	fi || stop "the tools of the site could not be installed; read the message above and run make docs again."; \
	touch $@
