#!/bin/bash
# Write requirements/dev.lock: every package of the development environment, pinned, with hashes.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/lock-venv
[[ -x $venv/bin/pip-compile ]] || { "${PYTHON:-python3}" -m venv "$venv" &&
    "$venv/bin/python" -m pip install --quiet pip-tools; }
{
    echo "# Pinned by \`make lock\` from pyproject.toml: runicd's requirements and its [dev] extra."
    "$venv/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras \
        --no-emit-options --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --extra dev --build-deps-for editable --output-file=- pyproject.toml
} > build/dev.lock
mv build/dev.lock requirements/dev.lock
