# Set up, build and test RunicOS and runicd; every target works from a clean clone.
#
#   make setup       system packages, .venv, third-party sources, the simulated board's firmware
#   make firmware    build/unix/micropython; SANITIZE=1: build/unix-asan/micropython; BOARD=<board>
#   make setup-boards  the compilers, QEMU, and the firmware of every emulated Cortex-M board
#   make demo        build a keyword-spotting Rune and run it on a simulated board
#   make test        every check and test, with a smoke test of each emulated board; `make lint`
#                    only the checks
#   make test-boards every test from Runefile to predictions, on every emulated board
#   make check-compile  the native modules for every core that boards have, warnings being errors;
#                    nn, dsp and wasm3 each alone, and nn in MicroPython's own unix port
#   make check-kernels  every core's kernels: OUTPUTS (10^7) of random layers, INPUTS (100) of networks
#   make fuzz        the fuzz targets, FUZZ_SECONDS each (600), two at a time
#   make soak        hostile Runes on an emulated board, every power cut of the store, uploads cut
#                    at every length, 2,000 kills of a simulated board and 400 of emulated ones,
#                    every bit of a Rune flipped, then a storm on three simulated boards for
#                    SOAK_SECONDS (3600): build/soak.json
#   make bench       the figures: build/bench.json, one line each on the terminal
#   make bench-boards  those of the emulated Cortex-M boards, in instructions: build/bench-boards.json
#   make bench-kernels  instructions of the kernels alone, beside CMSIS-NN's where they are known
#   make bench-dsp   instructions of the transforms and the audio front end, beside CMSIS-DSP's
#   make bench-metering  what counting fuel costs WebAssembly, in instructions
#   make firmware-sizes  what takes the boards' flash; AGAINST=<commit>: and how that changed
#   make setup-train what retraining the models needs on top: the [train] extra, espeak-ng, sox
#   make lock        pin the Python packages anew, after pyproject.toml changed
#   make clean       delete build/; `make distclean` also .venv and .cache
#
# MPY_DIR=<folder> builds from that MicroPython checkout instead of the fetched source.
# SKIP_APT=1 leaves system packages to you. JOBS=<n> limits the compiler's processes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

ROOT := $(CURDIR)
ifneq ($(words $(ROOT)),1)
$(error make cannot work in a folder whose path has spaces: $(ROOT))
endif

PYTHON ?= python3
BOARD ?= unix
JOBS ?= $(shell nproc)
CACHE := $(ROOT)/.cache
VENV := $(ROOT)/.venv
VENV_PYTHON := $(VENV)/bin/python
# Most tests wait for a board: one process more than there are cores. A file's tests stay together.
PYTEST := $(VENV_PYTHON) -m pytest -n $(shell echo $$(($$(nproc) + 1))) --dist loadfile \
    --no-loadscope-reorder

# What `make setup` needs from the system, and what only retraining models needs on top.
APT_PACKAGES := build-essential pkg-config libffi-dev libmbedtls-dev dpkg-dev git \
    python3-venv clang libclang-rt-14-dev lld wabt
# What building for other cores needs on top, and running what was built.
APT_BOARD_PACKAGES := gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm cmake \
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
APT_TRAIN_PACKAGES := espeak-ng sox
FUZZ_SECONDS ?= 600
SOAK_SECONDS ?= 3600
OUTPUTS ?= 10000000
INPUTS ?= 100

EMULATED_BOARDS := mps2_an385 mps2_an386 mps2_an500 mps3_an547

include tools/sources.mk

.PHONY: help setup setup-boards setup-train apt apt-boards venv sources stubs firmware \
    firmware-sanitized firmware-boards lock lint check-compile check-kernels test test-boards demo \
    fuzz soak bench bench-boards bench-dsp bench-kernels bench-metering firmware-sizes clean \
    distclean

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

setup: apt venv sources firmware

setup-boards: setup firmware-boards

apt-boards:
	@PYTHON="$(PYTHON)" tools/apt_packages.sh $(APT_BOARD_PACKAGES)

apt:
	@PYTHON="$(PYTHON)" tools/apt_packages.sh $(APT_PACKAGES)

# The stamp carries the content's hash: a changed pyproject.toml installs again, a fresh checkout
# of the same one does not.
VENV_STAMP := $(VENV)/.complete-$(shell cat pyproject.toml requirements/dev.lock \
    | sha256sum | cut -c1-16)

venv: $(VENV_STAMP)

$(VENV_STAMP): | apt
	@tools/make_venv.sh "$(PYTHON)" "$(VENV)" "$@"

# A venv that is there is good enough to fetch sources with, whatever its stamp says.
$(VENV_PYTHON):
	@$(MAKE) venv

sources: | $(VENV_PYTHON)
	@$(VENV_PYTHON) tools/fetch_sources.py --quiet --cache $(CACHE) $(FETCHED_SOURCES)

stubs: | $(VENV_PYTHON)
	@$(VENV_PYTHON) tools/fetch_sources.py --quiet --cache $(CACHE) $(FETCHED_STUBS)

firmware: $(if $(filter $(EMULATED_BOARDS),$(BOARD)),apt-boards) sources
	@$(MAKE) -f boards/$(BOARD)/firmware.mk BOARD=$(BOARD) ROOT=$(ROOT) JOBS=$(JOBS)

firmware-sanitized: sources
	@$(MAKE) firmware SANITIZE=1

# The plain one is MicroPython with the native modules: what `runicd install` is tested on.
firmware-boards: apt-boards sources
	@for board in $(EMULATED_BOARDS); do $(MAKE) firmware BOARD=$$board; done
	@$(MAKE) firmware BOARD=mps2_an500 PLAIN=1

lock:
	@PYTHON="$(PYTHON)" tools/lock_requirements.sh

lint: venv stubs
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV_PYTHON) tools/check_device_types.py
	@$(VENV)/bin/codespell

check-compile: apt-boards sources
	@$(VENV_PYTHON) tools/check_compile.py --jobs $(JOBS)
	@$(VENV_PYTHON) tools/check_standalone.py --jobs $(JOBS)

check-kernels: setup-boards
	@RUNIC_KERNEL_OUTPUTS=$(OUTPUTS) RUNIC_KERNEL_INPUTS=$(INPUTS) $(VENV_PYTHON) -m pytest -q -s \
	    --timeout=0 tests/native/test_nn_paths.py tests/native/test_nn_rounding.py \
	    tests/native/test_nn_networks_on_cores.py

# The board's tests run twice: first in the firmware with sanitisers, whose every report is fatal.
test: setup-boards firmware-sanitized lint check-compile
	@RUNICD_FIRMWARE=$(ROOT)/build/unix-asan/micropython UBSAN_OPTIONS=halt_on_error=1 \
	    RUNICD_KILLS=20 RUNICD_TRUNCATIONS_EVERY=500 \
	    $(PYTEST) --quiet --no-header -m "not own_programs" tests/native tests/device tests/hostile
	@RUNIC_FUZZ_SECONDS=60 $(PYTEST) $(PYTEST_ARGS)

test-boards: setup-boards
	@failed=; for board in $(EMULATED_BOARDS); do \
	    echo "== $$board"; RUNIC_BOARD=$$board $(PYTEST) --quiet tests/flow || failed="$$failed $$board"; \
	done; test -z "$$failed" || { echo "test-boards: failed on$$failed" >&2; exit 1; }

demo: setup
	@PATH="$(VENV)/bin:$$PATH" tools/demo.sh

fuzz: setup apt-boards firmware-sanitized
	@$(MAKE) firmware BOARD=mps2_an385
	@$(VENV_PYTHON) -m fuzz --jobs 2 --seconds $(FUZZ_SECONDS)

# SOAK_SEED=<n> begins as another run did.
soak: setup-boards
	@RUNICD_HOSTILE_EVERY=1 RUNIC_BOARDS=mps2_an385 $(VENV_PYTHON) -m pytest -q -o timeout=0 \
	    tests/boards/test_hostile_on_boards.py
	@RUNICD_POWER_CUTS_EVERY=1 RUNICD_TRUNCATIONS_EVERY=1 RUNICD_KILLS=2000 RUNICD_BITS_EVERY=1 \
	    $(VENV_PYTHON) -m pytest -q -s -o timeout=0 tests/power_cuts \
	    tests/device/test_kills.py tests/device/test_truncated.py tests/device/test_flipped_bits.py
	@RUNICD_KILLS=100 $(VENV_PYTHON) -m pytest -q -o timeout=0 \
	    tests/boards/test_extents_on_boards.py -k power_cut
	@SOAK_SECONDS=$(SOAK_SECONDS) $(VENV_PYTHON) -m tests.hostile.soak
	@$(VENV_PYTHON) -m tests.hostile.past_budget

bench: setup
	@$(VENV_PYTHON) -m bench --json build/bench.json

bench-boards: setup-boards
	@$(VENV_PYTHON) -m bench.boards --json build/bench-boards.json

# KERNELS_ARGS="--core m7 --layers": that core only, every layer.
bench-kernels: apt-boards venv
	@$(VENV_PYTHON) -m bench.kernels --json build/bench-kernels.json $(KERNELS_ARGS)
	@$(VENV_PYTHON) -m bench.kernels_here --json build/bench-kernels-here.json

bench-metering: apt-boards sources
	@$(VENV_PYTHON) -m bench.metering

bench-dsp: apt-boards sources
	@$(VENV_PYTHON) -m bench.dsp --json build/bench-dsp.json

firmware-sizes: setup-boards
	@$(VENV_PYTHON) -m bench.flash_size $(if $(AGAINST),--against $(AGAINST)) \
	    $(if $(filter-out unix,$(BOARD)),--board $(BOARD))

setup-train: setup
	@PYTHON="$(PYTHON)" tools/apt_packages.sh $(APT_TRAIN_PACKAGES)
	@$(VENV_PYTHON) -m pip install --quiet --editable '.[train]'

clean:
	rm -rf build

distclean: clean
	rm -rf .venv .cache
