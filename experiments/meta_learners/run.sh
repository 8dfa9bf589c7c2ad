#!/usr/bin/env bash
# The study: make study NAME=meta_learners, and for real people as well
#   make study NAME=meta_learners ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=runs/meta_learners "$@"; }

run experiment=meta_learners
run experiment=authors_slips
variants=(learners=runs/meta_learners/meta_learners slips=runs/meta_learners/authors_slips)
if [ $# -ge 2 ]; then
    run experiment=meta_learners_oasis "data.root=$1" "backbone.weights=$2"
    run experiment=authors_slips_oasis "data.root=$1" "backbone.weights=$2"
    variants+=(learners_oasis=runs/meta_learners/meta_learners_oasis slips_oasis=runs/meta_learners/authors_slips_oasis)
fi
"$python" experiments/collect.py experiments/meta_learners "${variants[@]}"
