# Everything that a developer, CI and somebody who only looks do. `make demo` needs Python 3.11 and make, no more.

PORT ?= 8000
GENERATION ?= 0.16
PYTHON ?= $(or $(shell command -v python3.11),python3)

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OURS := accounts metrosure_admin stalwart_client tests bench manage.py

# The demo and the checks must not see a developer's own settings.
ALONE := env -u REDIS_URL -u DATABASE_URL -u SECRET_KEY -u FIELD_KEYS -u PUBLIC_URL -u ALLOWED_HOSTS PANEL_ENV_FILE=/dev/null
DEMO := $(ALONE) DATA_DIR=data/demo-$(GENERATION) STALWART_URL=simulator:$(GENERATION) PORT=$(PORT)
DEPLOYED := $(ALONE) DATA_DIR=test-results/data PUBLIC_URL=https://panel.example.org \
	STALWART_URL=https://mail.example.org STALWART_TOKEN=none SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0)

.PHONY: demo run test checks messages venv bench faults clean

demo: $(VENV)/.base  ## The panel with a simulated mail server and 60 accounts
	@$(DEMO) $(MANAGE) seed_demo
	@exec $(DEMO) $(MANAGE) serve

run: $(VENV)/.base  ## The panel with the settings of .env
	@exec $(MANAGE) serve

test: $(VENV)/.dev checks  ## All checks and all tests
	$(BIN)/pytest -n 2
	@command -v msgfmt >/dev/null || { echo "SKIPPED: the messages were not compiled, gettext is not installed"; \
		[ "$$ALLOW_SKIPS" != 0 ]; }

checks: $(VENV)/.dev
	$(BIN)/ruff format --check $(OURS)
	$(BIN)/ruff check $(OURS)
	$(BIN)/mypy $(OURS)
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint --quiet
	@mkdir -p test-results staticfiles
	@! command -v msgfmt >/dev/null || $(DEPLOYED) $(MANAGE) compilemessages --ignore $(VENV) --verbosity 0
	$(DEPLOYED) $(MANAGE) check --deploy
	$(DEPLOYED) $(MANAGE) makemigrations --check --dry-run

messages: $(VENV)/.dev  ## Every visible sentence into the catalogue
	@mkdir -p locale
	$(ALONE) $(MANAGE) makemessages --locale en --no-location --no-wrap --ignore $(VENV) --ignore tests --ignore bench --ignore data

bench: $(VENV)/.dev  ## How fast it is, on this machine
	$(ALONE) $(BIN)/python -m bench
	$(ALONE) $(BIN)/python -m bench.client
	$(ALONE) $(BIN)/python -m bench.sweep
	$(ALONE) $(BIN)/python -m bench.sync
	$(ALONE) $(BIN)/python -m bench.pages

faults: $(VENV)/.dev  ## What survives kill -9 and a server that goes away, at length
	FAULT_ROUNDS=10 $(BIN)/pytest tests/faults -n 2

venv: $(VENV)/.base  ## Only the environment

$(VENV)/.base: requirements/base.txt | $(BIN)/pip
	$(PIP) -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(BIN)/pip
	$(PIP) -r $<
	@touch $@ $(VENV)/.base

# Debian's Python comes without ensurepip: then virtualenv, or a pip that is there, does the same.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@{ $(PYTHON) -c 'import ensurepip' 2>/dev/null && $(PYTHON) -m venv $(VENV); } || \
		$(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null || \
		{ $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } || \
		{ echo "No virtual environment could be made: install python3-venv (Debian: apt install python3-venv)." >&2; \
		rm -rf $(VENV); exit 1; }

clean:  ## Removes what make made; the demo's data too
	rm -rf $(VENV) staticfiles test-results data/demo-*
