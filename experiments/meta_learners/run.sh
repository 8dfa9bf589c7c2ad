#!/usr/bin/env bash
# The study: make study NAME=meta_learners, and for real people as well
#   make study NAME=meta_learners ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=runs/meta_learners "$@"; }

learners() { run experiment=meta_learners name=learners; }
slips() { run experiment=authors_slips name=slips; }
oasis() {
    run experiment=meta_learners_oasis name=learners_oasis "data.root=$1" "backbone.weights=$2"
    run experiment=authors_slips_oasis name=slips_oasis "data.root=$1" "backbone.weights=$2"
}

# One part alone: bash experiments/meta_learners/run.sh learners
case "${1:-all}" in
learners | slips) "$1" && exit ;;
oasis) oasis "$2" "$3" && exit ;;
esac
learners
slips
variants=(learners slips)
if [ $# -ge 2 ]; then
    oasis "$1" "$2"
    variants+=(learners_oasis slips_oasis)
fi
for variant in "${variants[@]}"; do
    sources+=("$variant=runs/meta_learners/$variant")
done
"$python" experiments/collect.py experiments/meta_learners "${sources[@]}"
