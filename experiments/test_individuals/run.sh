#!/usr/bin/env bash
# The study: make study NAME=test_individuals, and on other data:
#   bash experiments/test_individuals/run.sh oasis OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors
#   bash experiments/test_individuals/run.sh real data.root=FLICKR_AES backbone=resnet18 backbone.weights=imagenet trainer=gpu
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/test_individuals
run() { "$python" -m piaa_lightning name="$1" logger=none report.maps=0 paths.runs=$runs "${@:2}"; }

case "${1:-embedded}" in
embedded) run embedded experiment=blg_piaa backbone=small_cnn init_from=generic '~methods.blg_generic' ;;
oasis) run oasis experiment=blg_piaa_oasis "data.root=$2" "backbone.weights=$3" ;;
*) run "$1" experiment=blg_piaa "${@:2}" ;;
esac
variants=()
for variant in $(ls $runs); do
    [ "$variant" = latest ] || variants+=("$variant=$runs/$variant")
done
"$python" experiments/collect.py experiments/test_individuals --add --users "${variants[@]}"
newest=$(ls -td $runs/"${1:-embedded}"/*/ | head -n 1)
cp "$newest"figures/test_individuals.png experiments/test_individuals/"${1:-embedded}".png
