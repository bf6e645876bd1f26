#!/bin/bash
# The demo: a keyword-spotting Rune is built, checked, cast onto a simulated board, and names words.
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/demo
rune=$out/microspeech.rune
rm -rf "$out"
mkdir -p "$out"
# Boards of the demo's own, so that the caller's are neither shown nor stopped.
RUNICD_STATE_DIR=$(mktemp -d)
export RUNICD_STATE_DIR
trap 'runicd sim down > "$out/sim-down.txt" 2>&1 || cat "$out/sim-down.txt"; rm -rf "$RUNICD_STATE_DIR"' EXIT

bold="" plain=""
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

step() {
    printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@"
}

step runicd build runes/microspeech/Runefile -o "$rune"
step runicd inspect "$rune"
step runicd sim up --sound runes/microspeech/samples
step runicd targets ls
step runicd cast "$rune"
step runicd ps

printf '\nWords of a voice that training never heard, each on a board of its own:\n'
for sample in runes/microspeech/samples/*_f3.wav; do
    step runicd run "$rune" --sound "$sample"
done
step runicd stats microspeech
