#!/usr/bin/env bash
# The study: make study NAME=distributions, and on the real databases:
#   bash experiments/distributions/run.sh real data.root=AVA databases.personality.root=PSYCHOFLICKR \
#       backbone=densenet121 backbone.weights=imagenet trainer=gpu
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/distributions
variant=${1:-embedded}
"$python" -m piaa_lightning experiment=pa_iaa_generic task.module.balance=sum task.module.weight=0.1 name="$variant" \
    logger=none paths.runs=$runs "${@:2}"
variants=()
for known in $(ls $runs); do
    [ "$known" = latest ] || variants+=("$known=$runs/$known")
done
"$python" experiments/collect.py experiments/distributions --add "${variants[@]}"
if [ "$variant" = embedded ]; then
    newest=$(ls -td $runs/embedded/*/ | head -n 1)
    cp "$newest"figures/images/vote_distributions.png experiments/distributions/
fi
