# The two commands are `make run` and `make test`; both work on a machine with python3 (3.11 or newer), make and a shell.
PYTHON ?= python3
BIN := .venv/bin
export DEBUG ?= 1

.PHONY: run test check bench lock messages clean

run: .venv/run.stamp
	@$(BIN)/python manage.py serve --demo

test: .venv/dev.stamp
	@$(BIN)/python -m tests $(ARGS)

# Quick feedback: lint, types and the fast tests on SQLite.
check: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/python -m pytest -n 2 -m "not browser and not slow"

# Figures for docs/benchmarks.md; ARGS="import" or ARGS="list" runs one half.
bench: .venv/dev.stamp
	@$(BIN)/python -m bench $(ARGS)

# Pin what requirements.in and requirements-dev.in ask for.
lock: .venv/dev.stamp
	@$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements-dev.in -o requirements-dev.txt

# Collect the German texts into locale/de and compile them; needs gettext.
messages: .venv/dev.stamp
	$(BIN)/python manage.py makemessages -l de --ignore .venv --ignore var --no-obsolete --add-location file
	$(BIN)/python manage.py compilemessages -l de

clean:
	rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("RO App needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/run.stamp
