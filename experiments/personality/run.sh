#!/usr/bin/env bash
# The study: make study NAME=personality; the runs are those of the study pa_iaa as a generic model, three seeds each.
# On the real databases:
#   bash experiments/personality/run.sh real data.root=AVA databases.personality.root=PSYCHOFLICKR \
#       backbone=densenet121 backbone.weights=imagenet trainer=gpu
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
if [ $# -gt 0 ]; then
    "$python" -m piaa_lightning -m experiment=pa_iaa_generic name="$1" seed=0,1,2 logger=none paths.runs=runs/pa_iaa "${@:2}"
else
    bash experiments/pa_iaa/run.sh generic
fi
variants=()
for variant in alternate sum "${@:1:1}"; do
    variants+=("$variant=runs/pa_iaa/$variant")
done
"$python" experiments/collect.py experiments/personality --add "${variants[@]}"
