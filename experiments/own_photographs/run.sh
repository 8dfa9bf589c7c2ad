#!/usr/bin/env bash
# The study: make study NAME=own_photographs ARGS="OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]"
# Learnt models stand on the people of OASIS's sets 1 and 2; all settings were chosen on sets 1 to 3 (choose.py), never on the
# 104 people of the fourth, on whom everything is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${1:?usage: make study NAME=own_photographs ARGS=\"OASIS_DIRECTORY [EFFICIENTNET_LITE2_WEIGHTS]\"}"
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
data=$1 lite2=${2:-}
here=experiments/own_photographs priors=()
export_model() { # name, then overrides
    "$python" -m piaa_lightning mode=export data=oasis "data.root=$data" export.programs=false logger=none \
        "hydra.run.dir=runs/own_photographs/$1" "${@:2}"
    priors+=("runs/own_photographs/$1/prior")
}
export_model one "backbone=mobilenetv2"
export_model two "backbone=[mobilenetv2,nima]"
if [ -n "$lite2" ]; then
    export_model three "backbone=[efficientnet_lite2,mobilenetv2,nima]" \
        "backbone.networks.efficientnet_lite2.weights=$lite2"
fi
"$python" $here/choose.py "$data" ${lite2:+"$lite2"}
"$python" $here/measure.py "$data" "${priors[@]}"
