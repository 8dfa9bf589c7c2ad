#!/usr/bin/env bash
# The study: make study NAME=oasis_blg ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds; every setting was chosen on validation users (OASIS's subset 3), never on the test users (all 104 of
# subset 4).
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${2:?usage: make study NAME=oasis_blg ARGS=\"OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors\"}"
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() {
    "$python" -m piaa_lightning -m seed=0,1,2 experiment=blg_piaa_oasis "data.root=$data" "backbone.weights=$weights" \
        logger=none paths.runs=runs/oasis_blg "$@"
}
data=$1 weights=$2

# What validation users chose.
run name=tuned

# The same with a generic prior that is stopped early: a weak baseline makes any further training look good.
run name=weak_prior task.init_from.epochs=10

# The roles of validation and test users exchanged. No clean test: the settings were chosen on those now tested.
run name=swapped "data.split.test_images='subset=subset3'" "data.split.val_images='subset=subset4'" \
    data.split.test_users=145 data.split.val_users=104

for variant in tuned weak_prior swapped; do
    variants+=("$variant=runs/oasis_blg/$variant")
done
"$python" experiments/collect.py experiments/oasis_blg --add "${variants[@]}"
