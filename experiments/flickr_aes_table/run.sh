#!/usr/bin/env bash
# The study: make study NAME=flickr_aes_table, and for real users as well
#   make study NAME=flickr_aes_table ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each. On the embedded data three splits of every test user's ratings for each seed, instead of ten:
# whole networks are fine-tuned there, user by user.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/flickr_aes_table
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=$runs "$@"; }

embedded() { run experiment=flickr_aes_table name=embedded protocol.test.repeats=3; }
oasis() { run experiment=oasis_table name=oasis "data.root=$1" "backbone.weights=$2"; }
# With NIMA beside MobileNetV2, both from the package: 48 components for each, as for one.
oasis_two_networks() {
    run experiment=oasis_table name=oasis_two_networks "data.root=$1" 'backbone=[mobilenetv2,nima]' backbone.components=96
}
collected() {
    local sources=()
    for variant in embedded oasis oasis_two_networks; do
        [ -d $runs/$variant ] && sources+=("$variant=$runs/$variant")
    done
    "$python" experiments/collect.py experiments/flickr_aes_table --add "${sources[@]}"
}

# One part alone: bash experiments/flickr_aes_table/run.sh embedded | oasis DIRECTORY WEIGHTS |
#   oasis_two_networks DIRECTORY | collected
case "${1:-all}" in
embedded | oasis | oasis_two_networks | collected) "$@"; exit ;;
esac
embedded
[ $# -ge 2 ] && oasis "$1" "$2"
[ $# -ge 1 ] && oasis_two_networks "$1"
collected
