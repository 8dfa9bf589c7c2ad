#!/usr/bin/env bash
# The study: make study NAME=pa_iaa, and for real people as well
#   make study NAME=pa_iaa ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each. Every setting was chosen on validation people and pictures.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=runs/pa_iaa "$@"; }

run experiment=pa_iaa_generic
run experiment=pa_iaa_generic name=sum task.module.balance=sum task.module.weight=0.1
run experiment=pa_iaa
variants=(generic=runs/pa_iaa/pa_iaa_generic sum=runs/pa_iaa/sum people=runs/pa_iaa/pa_iaa)
if [ $# -ge 2 ]; then
    run experiment=pa_iaa_oasis "data.root=$1" "backbone.weights=$2"
    variants+=(oasis=runs/pa_iaa/pa_iaa_oasis)
fi
"$python" experiments/collect.py experiments/pa_iaa "${variants[@]}"
