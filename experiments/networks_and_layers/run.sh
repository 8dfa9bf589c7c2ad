#!/usr/bin/env bash
# The study: make study NAME=networks_and_layers ARGS="OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]"
# Five seeds; they move the generic network and the splits of each user's ratings. What is frozen is computed once for each
# network and layer. Nothing is chosen on the test users, all 104 of OASIS's subset 4.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${1:?usage: make study NAME=networks_and_layers ARGS=\"OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]\"}"
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
data=$1 lite2=${2:-} runs=runs/networks_and_layers variants=()
run() { # name, principal components, then overrides: methods see two thirds of the components, as by default
    "$python" -m piaa_lightning -m seed=0,1,2,3,4 experiment=closed_form_oasis "data.root=$data" logger=none \
        "shots=[10,100]" "~methods."{ba,gp,ridge_loo,trait_conditioned} "paths.runs=$runs" "name=$1" \
        'comparisons=[[process,generic],[process,hierarchical],[ridge,generic]]' \
        "backbone.components=$2" "methods.ridge.personalizer.components=$(($2 * 2 / 3))" \
        "methods.hierarchical.personalizer.components=$(($2 * 2 / 3))" \
        "methods.process.personalizer."{linear,near}".components=$(($2 * 2 / 3))" "${@:3}"
    variants+=("$1=$runs/$1")
}

# Networks, by themselves and together: as many components for each.
run mobilenetv2 48 backbone=mobilenetv2
run nima 48 backbone=nima
run two_networks 48 'backbone=[mobilenetv2,nima]'
run two_networks_more_components 96 'backbone=[mobilenetv2,nima]'
if [ -n "$lite2" ]; then
    run efficientnet_lite2 48 backbone=efficientnet_lite2 "backbone.weights=$lite2"
    three=('backbone=[efficientnet_lite2,mobilenetv2,nima]' "backbone.networks.efficientnet_lite2.weights=$lite2")
    run three_networks 48 "${three[@]}"
    run three_networks_more_components 144 "${three[@]}"
fi

# Layers before the last, by themselves and beside it.
run mobilenetv2_before_last 48 backbone=mobilenetv2 backbone.layer=-2
run mobilenetv2_two_layers 48 backbone=mobilenetv2 'backbone.layer=[last,-2]'
run mobilenetv2_three_layers 48 backbone=mobilenetv2 'backbone.layer=[last,-2,-3]'
run nima_before_last 48 backbone=nima backbone.layer=-2
run nima_two_layers 48 backbone=nima 'backbone.layer=[last,-2]'
run two_networks_two_layers 96 'backbone=[mobilenetv2,nima]' 'backbone.layer=[last,-2]'

"$python" experiments/collect.py experiments/networks_and_layers "${variants[@]}"
