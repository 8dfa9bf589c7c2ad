#!/usr/bin/env bash
# The study: make study NAME=closed_form ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# One seed: it moves the generic prior alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${2:?usage: make study NAME=closed_form ARGS=\"OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors\"}"
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() {
    "$python" -m piaa_lightning "data.root=$data" "backbone.weights=$weights" logger=none \
        paths.runs=runs/closed_form "$@"
}
data=$1 weights=$2
run experiment=closed_form_oasis name=closed_form
run experiment=active_choice_oasis name=active_choice '~methods.ba' \
    'comparisons=[[active,random_choice],[pam_rule,random_choice],[random_choice,generic]]'
run experiment=light_fine_tuning_oasis name=light_fine_tuning 'shots=[10,100]'
"$python" experiments/collect.py experiments/closed_form --add closed_form=runs/closed_form/closed_form \
    active_choice=runs/closed_form/active_choice light_fine_tuning=runs/closed_form/light_fine_tuning
