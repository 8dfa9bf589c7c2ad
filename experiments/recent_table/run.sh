#!/usr/bin/env bash
# The study: make study NAME=recent_table                      on embedded data, and with
#   make study NAME=recent_table ARGS="OASIS_DIRECTORY"        on real people too
# Five seeds of each, on the same splits; they move the generic network. Nothing is chosen on test users.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
data=${1:-} runs=runs/recent_table
run() { # name, experiment, then overrides
    "$python" -m piaa_lightning -m seed=0,1,2,3,4 "experiment=$2" "name=$1" "paths.runs=$runs" logger=none \
        report.users=0 report.maps=0 "${@:3}"
}
embedded() { run embedded recent_table; }
oasis() { run oasis recent_table_oasis "data.root=$data"; }
profile() { # how many ratings make a profile worthless: the same people with and without what is known of them
    run profile recent_table_oasis "data.root=$data" 'shots=[0,1,2,5,10,20]' '~tasks.blg' \
        '~methods.'{process,ridge,layers_ridge,experts_blend,blg,ba} \
        'comparisons=[[trait_conditioned,hierarchical],[prototypes,hierarchical],[hierarchical,generic]]'
}
collected() {
    local variants=()
    for known in "$runs"/*/; do
        [ "$(basename "$known")" = latest ] || variants+=("$(basename "$known")=${known%/}")
    done
    "$python" experiments/collect.py experiments/recent_table --add "${variants[@]}"
}
# One part alone: bash experiments/recent_table/run.sh OASIS_DIRECTORY embedded | oasis | profile | collected
if [ $# -gt 1 ]; then
    "${@:2}"
else
    embedded
    [ -z "$data" ] || { oasis && profile; }
    collected
fi
