#!/bin/bash
# Install the named Debian packages that are missing; say so first, and do nothing when none is.
set -euo pipefail

if [[ -n "${SKIP_APT:-}" ]]; then
    exit 0
fi
if ! command -v dpkg-query > /dev/null; then
    echo "setup: this is no Debian-like system; install what these packages hold," >&2
    echo "setup: then run make again with SKIP_APT=1: $*" >&2
    exit 1
fi

is_satisfied() {
    local status
    status=$(dpkg-query --show --showformat='${Status}' "$1" 2> /dev/null || true)
    [[ "$status" == *"ok installed"* ]] && return 0
    # A Python from elsewhere brings its own venv.
    [[ "$1" == python3-venv ]] && "${PYTHON:-python3}" -c 'import ensurepip, venv' 2> /dev/null
}

missing=()
for package in "$@"; do
    is_satisfied "$package" || missing+=("$package")
done
if (( ${#missing[@]} == 0 )); then
    exit 0
fi

as_root=()
if (( EUID != 0 )); then
    as_root=(sudo)
fi
echo "setup: missing system packages: ${missing[*]}"
if (( EUID != 0 )) && ! command -v sudo > /dev/null; then
    echo "setup: run this as root, then make again:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
set -x
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes -qq --no-install-recommends "${missing[@]}"
