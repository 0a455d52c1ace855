# Everything from nothing: python3 >= 3.11 and make are enough.

PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
SITE ?= 127.0.0.1:8000
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test lint format bench lock clean

run: $(ENV)/runtime ## the site with demonstration content and its worker, on http://127.0.0.1:8000
	@DEBUG=true SITE_URL=http://$(SITE) exec deploy/develop $(BIN) $(SITE)

test: $(ENV)/development ## the whole suite, on SQLite and PostgreSQL, with a browser where there is one
	@$(BIN)/python -m tests $(OPTIONS)

lint: $(ENV)/development ## style, types, templates, migrations, lock files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --quiet --lint templates
	@DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run

format: $(ENV)/development
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(ENV)/development ## how fast pages and search are, and how they grow
	@$(BIN)/python -m tests.bench $(OPTIONS)

lock: $(ENV)/development ## compile the lock files after a change in pyproject.toml
	@$(BIN)/uv -q pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --extra production pyproject.toml -o requirements.lock.txt
	@$(BIN)/uv -q pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --extra production --group dev pyproject.toml -o requirements-dev.lock.txt


clean: ## the environment and all local data
	rm -rf $(ENV) var staticfiles

# A file in the environment says which lock it was made from; a changed lock makes it again.
# The locks name everything, so that pip need not resolve: it would look at releases newer than
# those locked and refuse them for want of a hash.
$(ENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Headword needs Python 3.11 or newer; name one with make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "This Python cannot make environments. On Debian: apt install python3-venv"; exit 1; }
	@echo "Making a private environment in $(ENV) …"
	@$(PYTHON) -m venv $(ENV)

$(ENV)/runtime: requirements.lock.txt | $(ENV)/bin/pip
	@echo "Installing what the site needs …"
	@$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock.txt
	@$(BIN)/pip check >/dev/null
	@touch $@

$(ENV)/development: requirements-dev.lock.txt | $(ENV)/bin/pip
	@echo "Installing what development needs …"
	@$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements-dev.lock.txt
	@$(BIN)/pip check >/dev/null
	@touch $@ $(ENV)/runtime
