#!/usr/bin/env bash
# The study: make study NAME=meta_learners, and for real users as well
#   make study NAME=meta_learners ARGS="OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors"
# Three seeds each. On the embedded data three splits of every test user's ratings for each seed, instead of ten:
# whole networks are fine-tuned there, user by user. The deviations are shown at 32 pixels and after 4 epochs, since ten
# priors are trained.
# Rates were chosen on validation users.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/meta_learners
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=$runs "$@"; }

learners() { run experiment=meta_learners name=learners protocol.test.repeats=3; }
deviations() { run experiment=published_deviations name=deviations protocol.test.repeats=3 backbone.size=32 task.epochs=4; }
oasis() {
    run experiment=meta_learners_oasis name=learners_oasis "data.root=$1" "backbone.weights=$2"
    run experiment=published_deviations_oasis name=slips_oasis "data.root=$1" "backbone.weights=$2"
}
# BLG-PIAA from fewer and fewer training users, visited as often in all: the generic prior knows all of them.
users() {
    for users in 32 128 508; do
        run experiment=blg_piaa_oasis name=users_$users "data.root=$1" "backbone.weights=$2" "shots=[5,10,20,50,100]" \
            task.dataset.users=$users task.epochs=$((8 * 508 / users)) \
            "task.module.gamma=$(awk "BEGIN { print 0.9 ^ ($users / 508) }")"
    done
}
collected() {
    local sources=()
    for variant in learners deviations learners_oasis slips_oasis users_32 users_128 users_508; do
        [ -d $runs/$variant ] && sources+=("$variant=$runs/$variant")
    done
    "$python" experiments/collect.py experiments/meta_learners --add "${sources[@]}"
}

# One part alone: bash experiments/meta_learners/run.sh learners | deviations | oasis DIRECTORY WEIGHTS | users ... | collected
case "${1:-all}" in
learners | deviations | oasis | users | collected) "$@"; exit ;;
esac
learners
deviations
[ $# -ge 2 ] && oasis "$1" "$2" && users "$1" "$2"
collected
