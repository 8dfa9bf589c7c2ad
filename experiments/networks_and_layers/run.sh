#!/usr/bin/env bash
# The study: make study NAME=networks_and_layers ARGS="OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]"
# Five seeds, on the same splits; they move the generic network. What is frozen is computed once for each network and layer.
# Nothing is chosen on the test users, all 104 of OASIS's subset 4.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${1:?usage: make study NAME=networks_and_layers ARGS=\"OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]\"}"
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
data=$1 lite2=${2:-} runs=runs/networks_and_layers
run() { # name, principal components, then overrides: methods see two thirds of the components, as by default
    local methods=$(($2 * 2 / 3))
    "$python" -m piaa_lightning -m seed=0,1,2,3,4 experiment=closed_form_oasis "data.root=$data" logger=none report.users=0 report.maps=0 \
        "shots=[10,100]" "~methods."{ba,gp,ridge_loo,trait_conditioned} "paths.runs=$runs" "name=$1" \
        'comparisons=[[process,generic],[process,hierarchical],[ridge,generic]]' \
        "backbone.components=$2" "methods.ridge.personalizer.components=$methods" \
        "methods.hierarchical.personalizer.components=$methods" \
        "methods.process.personalizer."{linear,near}".components=$methods" "${@:3}"
}
collected() {
    local variants=()
    for known in "$runs"/*/; do
        [ "$(basename "$known")" = latest ] || variants+=("$(basename "$known")=${known%/}")
    done
    "$python" experiments/collect.py experiments/networks_and_layers "${variants[@]}"
    "$python" experiments/networks_and_layers/table.py
}
networks() { # by themselves and together: 48 components for each, as for one
    run mobilenetv2 48 backbone=mobilenetv2
    run nima 48 backbone=nima
    run two_networks 96 'backbone=[mobilenetv2,nima]'
    [ -n "$lite2" ] || return 0
    run efficientnet_lite2 48 backbone=efficientnet_lite2 "backbone.weights=$lite2"
    run three_networks 144 'backbone=[efficientnet_lite2,mobilenetv2,nima]' \
        "backbone.networks.efficientnet_lite2.weights=$lite2"
}
layers() { # the one before the last, by itself and beside it
    run mobilenetv2_before_last 48 backbone=mobilenetv2 backbone.layer=-2
    run mobilenetv2_two_layers 96 backbone=mobilenetv2 'backbone.layer=[last,-2]'
    run nima_two_layers 96 backbone=nima 'backbone.layer=[last,-2]'
}
# One part alone: bash experiments/networks_and_layers/run.sh OASIS_DIRECTORY LITE2_WEIGHTS networks | layers | collected
if [ $# -gt 2 ]; then
    "${@:3}"
else
    networks
    layers
    collected
fi
