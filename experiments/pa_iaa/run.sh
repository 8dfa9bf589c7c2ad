#!/usr/bin/env bash
# The study: make study NAME=pa_iaa, and for real users as well
#   make study NAME=pa_iaa ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each. Every setting was chosen on validation users and images.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=runs/pa_iaa "$@"; }

# As generic models: strict alternation, and sums with less weight on personality.
generic() {
    run experiment=pa_iaa_generic name=alternate task.module.balance=alternate
    run experiment=pa_iaa_generic name=sum task.module.balance=sum task.module.weight=0.1
    run experiment=pa_iaa_generic name=sum_light task.module.balance=sum task.module.weight=0.01
}

# On users. The backbone stays as it is when a user is fitted, whatever the method, and its features are computed once.
users() {
    local still=()
    for method in pa_iaa mt_iaa ba; do
        still+=("methods.$method.personalizer.inner.layers=head" "methods.$method.personalizer.cache_features=true")
    done
    run experiment=pa_iaa name=users "${still[@]}"
    run experiment=pa_iaa name=one_factor "${still[@]}" methods.pa_iaa.personalizer.part_lr_multipliers=null
}

oasis() { run experiment=pa_iaa_oasis "data.root=$1" "backbone.weights=$2" name=oasis; }

# One part alone: bash experiments/pa_iaa/run.sh users
case "${1:-all}" in
generic | users) "$1" && exit ;;
oasis) oasis "$2" "$3" && exit ;;
esac
generic
users
variants=(alternate sum sum_light users one_factor)
if [ $# -ge 2 ]; then
    oasis "$1" "$2"
    variants+=(oasis)
fi
for variant in "${variants[@]}"; do
    sources+=("$variant=runs/pa_iaa/$variant")
done
"$python" experiments/collect.py experiments/pa_iaa --add "${sources[@]}"
