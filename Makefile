# The two commands are `make run` and `make test`; both work on a machine with python3 (3.11 or newer), make and a shell.
PYTHON ?= python3
BIN := .venv/bin
# One after the other: a second make waits until the first has installed.
ALONE := $(PYTHON) -c 'import fcntl, os, sys; here = os.open(".", os.O_RDONLY); os.set_inheritable(here, True); fcntl.flock(here, fcntl.LOCK_EX); os.execvp(sys.argv[1], sys.argv[1:])'
# Through python, since the first lines of scripts name a folder that may have been moved.
PIP := $(ALONE) $(BIN)/python -m pip install --quiet --disable-pip-version-check
BABEL := $(BIN)/python -m babel.messages.frontend --quiet
export DEBUG ?= 1

.PHONY: run test check chaos bench lock messages clean

# A demo reads no .env, which may be a real installation's. It stops when make does, however that ends.
run: export DEBUG := 1
run: export RO_APP_DEMO := 1
run: .venv/run.stamp
	@exec $(BIN)/python manage.py serve --demo --parent $$PPID

test: .venv/dev.stamp
	@$(BIN)/python -m tests $(ARGS)

# Quick feedback within a minute: lint, types, and fast tests on SQLite, those beside what has changed (tests/quick.py).
check: .venv/dev.stamp
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy .
	@$(BIN)/python -m tests.quick

# A chaos run over a whole installation; ARGS="--seeds 20", ARGS="--proof" (docs/chaos.md).
chaos: .venv/dev.stamp
	@$(BIN)/python -m tests.chaos $(ARGS)

# The figures of docs/benchmarks.md; ARGS="import", "list", "tabs", "colleagues" … measures one part.
bench: .venv/dev.stamp
	@$(BIN)/python -m bench $(ARGS)

# Pin what the three requirements files ask for: the product's, the demo's and the developers'.
lock: .venv/dev.stamp
	@$(PIP) uv
	@for name in requirements requirements-demo requirements-dev; do \
		$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url $$name.in -o $$name.txt || exit 1; \
	done

# Collect the texts of the source (tool.babel in pyproject.toml) into locale/de and compile them. What is new waits there for
# its German; what is gone leaves.
messages: .venv/dev.stamp
	@mkdir -p var
	@$(BABEL) extract --mapping-file pyproject.toml --add-location file --output-file var/django.pot .
	@$(BABEL) update --domain django --input-file var/django.pot --output-dir locale --locale de \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BABEL) compile --domain django --directory locale --locale de

clean:
	rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache

# pip is installed last into a new environment, so an interrupted one is created again.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("RO App needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in .venv; the first time takes a minute or two."
	@$(ALONE) $(PYTHON) -m venv .venv

.venv/run.stamp: requirements-demo.txt | .venv/bin/pip
	@echo "Installing what RO App needs."
	@$(PIP) --require-hashes -r requirements-demo.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements-demo.txt | .venv/bin/pip
	@echo "Installing what RO App and its tests need."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@ .venv/run.stamp
