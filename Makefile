# make            set up, then the main job: generate, verify and size the default array, run digits
# make test       set up, then all tests
# make test-slow  long campaigns, bugs    make bench  measure, and write the figures into README.md
# make lint       ruff and mypy           make lock   renew the pinned versions
PYTHON ?= python3
BIN := .venv/bin
SPEC := rtl_out/int8_8x8.toml
LOCK := .ci/requirements.lock
export AMARANTH_USE_YOSYS := builtin

.PHONY: all setup browser test test-slow bench lint lock clean
all: setup $(SPEC)
	$(BIN)/hwgen gen $(SPEC)
	$(BIN)/hwgen sim $(SPEC)
	$(BIN)/hwgen synth $(SPEC)
	$(BIN)/hwgen sim $(SPEC) --network digits

setup: .venv/ready
	@$(BIN)/hwgen doctor --warm --quiet

.venv/ready: $(LOCK) pyproject.toml
	@echo "hwgen: setting up .venv with the pinned packages (a minute or two)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hwgen needs Python 3.11 or newer, not %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(SPEC): | .venv/ready
	$(BIN)/hwgen new $@

browser: .venv/ready
	@.ci/browser

test: setup browser lint
	$(BIN)/pytest -n auto --dist worksteal

test-slow: setup
	HYPOTHESIS_PROFILE=slow $(BIN)/pytest -n auto --dist worksteal -m 'slow or planted'

bench: setup
	$(BIN)/pytest tests/bench -m bench -s

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/mypy

lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --all-extras pyproject.toml .ci/build.in -o $(LOCK)

clean:
	rm -rf .venv rtl_out/int8_8x8 $(SPEC)
