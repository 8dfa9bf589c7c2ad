#!/usr/bin/env bash
# The study: make study NAME=visual_analyses, and on other data:
#   bash experiments/visual_analyses/run.sh oasis OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors
#   bash experiments/visual_analyses/run.sh real data.root=FLICKR_AES backbone=resnet18 backbone.weights=imagenet trainer=gpu
# Images of OASIS and FLICKR-AES are not to be passed on: only the numbers of such variants belong into the repository.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/visual_analyses
common=(logger=none paths.runs=$runs shots=100 protocol.test.repeats=1 report.users=200 report.maps=24)
run() { "$python" -m piaa_lightning name="$1" "${common[@]}" "${@:2}"; }

variant=${1:-embedded}
case "$variant" in
embedded) run embedded experiment=blg_piaa ;;
oasis) run oasis experiment=blg_piaa_oasis "data.root=$2" "backbone.weights=$3" ;;
*) run "$variant" experiment=blg_piaa "${@:2}" ;;
esac
newest=$(ls -td $runs/"$variant"/*/ | head -n 1)
"$python" experiments/visual_analyses/measure.py "$variant" "$newest"
if [ "$variant" = embedded ]; then
    cp "$newest"figures/images/{predicted_scores,gradient_maps}.png experiments/visual_analyses/
fi
