#!/usr/bin/env bash
# The study: make study NAME=personality; the networks are those of the study pa_iaa as a generic model, three seeds each,
# and both systems without a network have five. These alone: bash experiments/personality/run.sh handcrafted
# On the real databases:
#   bash experiments/personality/run.sh real data.root=AVA databases.personality.root=PSYCHOFLICKR \
#       backbone=densenet121 backbone.weights=imagenet trainer=gpu
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
handcrafted() {
    "$python" -m piaa_lightning -m experiment=handcrafted name=handcrafted seed=0,1,2,3,4 logger=none paths.runs=runs/personality
}
if [ "${1:-}" = handcrafted ]; then
    handcrafted
    "$python" experiments/collect.py experiments/personality --add handcrafted=runs/personality/handcrafted
    exit
fi
if [ $# -gt 0 ]; then
    "$python" -m piaa_lightning -m experiment=pa_iaa_generic name="$1" seed=0,1,2 logger=none paths.runs=runs/pa_iaa "${@:2}"
else
    bash experiments/pa_iaa/run.sh generic
    handcrafted
fi
variants=()
for variant in alternate sum "${@:1:1}"; do
    variants+=("$variant=runs/pa_iaa/$variant")
done
if [ $# -eq 0 ]; then
    variants+=("handcrafted=runs/personality/handcrafted")
fi
"$python" experiments/collect.py experiments/personality --add "${variants[@]}"
