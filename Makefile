# SPDX-License-Identifier: Apache-2.0
# Nothing needs to be prepared: every target makes what it needs. Python >= 3.11 and a C compiler are all it takes.

PYTHON ?= python3
VENV ?= .venv
FREE_THREADED ?= python3.14t
BUILD ?= build
EXTRAS ?= test,cli,bench,golden,opencl-cpu
PYTEST_ARGS ?=
BENCH_ARGS ?=
SOAK_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PACKAGE = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/pyaccel
# The environment's own cmake and ninja, where the system has none, come first.
export PATH := $(abspath $(BIN)):$(PATH)
CMAKE_FLAGS := -G Ninja -DPYACCEL_WERROR=ON -DPYACCEL_EMULATED=ON

.PHONY: venv build demo test c-test test-all test-long test-free-threaded lint format bench bench-peers soak docs clean

venv: $(VENV)/.tools

$(VENV)/.tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --group build
	command -v cmake >/dev/null || $(PIP) install cmake
	command -v ninja >/dev/null || $(PIP) install ninja
	touch $@

# Editable install, once per pyproject.toml; afterwards only what changed is compiled and put beside it.
$(VENV)/.editable: pyproject.toml | $(VENV)/.tools
	@echo 'compiling some 300 files and fetching packages: one to five minutes without a word'
	$(PIP) install --no-build-isolation -C build-dir=$(BUILD)/editable -C cmake.define.PYACCEL_WERROR=ON \
	  -C cmake.define.PYACCEL_EMULATED=ON -C cmake.args=-GNinja --editable '.[$(EXTRAS)]'
	touch $@

build: $(VENV)/.tools $(VENV)/.editable
	cmake --build $(BUILD)/editable
	cmake --install $(BUILD)/editable --prefix '$(PACKAGE)' >/dev/null

demo: build
	$(BIN)/pyaccel demo

# C tests first: they are quick, and say more exactly what is wrong.
test: build c-test
	$(BIN)/python -m pytest -m 'not packaging and not slow' $(PYTEST_ARGS)

c-test: $(VENV)/.tools
	cmake -S . -B $(BUILD)/c $(CMAKE_FLAGS) -DPYACCEL_TESTS=ON -DCMAKE_BUILD_TYPE=Debug >/dev/null
	cmake --build $(BUILD)/c
	ctest --test-dir $(BUILD)/c --output-on-failure -j $(shell nproc)

test-all:
	.ci/run all

test-long:
	.ci/run long

# What threads share, on a Python without a GIL, in an environment and a build of its own. cffi wants 3.14 there.
test-free-threaded:
	@$(FREE_THREADED) -c 'import sysconfig; raise SystemExit(not sysconfig.get_config_var("Py_GIL_DISABLED"))' 2>/dev/null || { \
	  command -v $(FREE_THREADED) >/dev/null && echo '$(FREE_THREADED) has a global lock.' || echo 'There is no $(FREE_THREADED).'; \
	  echo 'This takes CPython 3.14 or later, built with --disable-gil: make $@ FREE_THREADED=/path/to/python3.14t'; exit 1; }
	$(MAKE) build PYTHON=$(FREE_THREADED) VENV=$(BUILD)/free-threaded/venv BUILD=$(BUILD)/free-threaded EXTRAS=metrics
	$(BUILD)/free-threaded/venv/bin/python -m pip install --quiet pytest hypothesis
	PYTHON_GIL=0 $(BUILD)/free-threaded/venv/bin/python -m pytest tests/test_free_threading.py $(PYTEST_ARGS)

lint: $(VENV)/.lint
	.ci/run lint

# Rewrites what lint would only complain of, as far as tools can.
format: $(VENV)/.lint
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	git ls-files '*.c' '*.h' '*.cpp' | grep -vE '^(csrc/tables/|kernels/|tests/vectors/)' | xargs $(BIN)/clang-format -i

bench: build bench-peers
	$(BIN)/pyaccel bench $(NAME) $(BENCH_ARGS)

# Peers from crates, Go modules and OpenSSL, as far as this machine has their tool chains.
bench-peers: $(VENV)/.tools
	$(BIN)/python bench/peers/build.py

# Ten minutes of mixed load on an engine, every answer checked; SOAK_ARGS='--minutes 2 --device opencl' and the like.
soak: build
	$(BIN)/python -m bench.soak $(SOAK_ARGS)

# The packages of the extra alone: installing '.[docs]' would put a plain install in the editable one's place.
docs: build
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' \
	  | $(PIP) install --requirement /dev/stdin
	$(BIN)/mkdocs build --strict

$(VENV)/.lint: pyproject.toml | $(VENV)/.tools
	$(PIP) install --group lint
	touch $@

clean:
	rm -rf $(BUILD) dist site $(VENV)
