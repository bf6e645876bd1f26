#!/bin/bash
# Make the Python environment with runicd and its development tools; the stamp comes last.
set -euo pipefail
python=$1 venv=$2 stamp=$3

if [[ -L "$venv" ]]; then
    echo "setup: $venv is a link to a shared environment, which is left as it is"
    exit 0
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "setup: $python is older than Python 3.11; name a newer one with PYTHON=" >&2
    exit 1
fi
echo "setup: Python environment in $venv"
[[ -x "$venv/bin/python" ]] || "$python" -m venv "$venv"
install=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${install[@]}" --require-hashes --requirement requirements/dev.lock
# What builds the package is locked too, hence no isolation.
"${install[@]}" --no-deps --no-build-isolation --editable .
rm -f "$venv"/.complete-*
touch "$stamp"
