#!/usr/bin/env bash
# The study: make study NAME=three_starts, and for real users as well
#   make study NAME=three_starts ARGS="OASIS_DIRECTORY"
# Ten seeds of the talk's comparison and of BLG-PIAA, BA-PIAA and plain training, five of the others. Hours on two cores; a
# sweep that was cut off goes on when the same command is typed again.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/three_starts
ten=0,1,2,3,4,5,6,7,8,9
five=0,1,2,3,4
others=('~methods.reptile' '~methods.fomaml' '~methods.maml' '~methods.anil' '~methods.metasgd')
run() { "$python" -m piaa_lightning -m logger=none report.users=0 paths.runs=$runs "$@"; }

# 1. The talk's comparison with a stand-in for ImageNet: the whole network moves.
embedded() { run experiment=blg_piaa name=embedded seed=$ten; }
# 2. The same on OASIS, the last stage of MobileNetV2 moving instead of a head on frozen features.
last_stage() { run experiment=blg_piaa_oasis_last_stage name=last_stage "data.root=$1" seed=$five; }
# 3. BLG-PIAA, BA-PIAA and plain training from one generic network.
plain() { run experiment=meta_learners name=plain seed=$ten backbone=embedded_cnn "${others[@]}"; }
plain_oasis() { run experiment=meta_learners_oasis name=plain_oasis "data.root=$1" seed=$ten "${others[@]}"; }
# 4. beta, epochs and S of BLG-PIAA from pretrained, on validation users alone: five draws of each, at 10 and 100 shots.
settings() {
    run experiment=blg_piaa name=settings evaluate_on=val protocol.validation.repeats=5 '~methods.blg_generic' seed=0 \
        task.module.optimizer.lr=0.25,0.075,0.025 task.epochs=4,16,50 task.module.learner.steps=5,20
}
# 5. The positive control: 1,000 training users whose taste differs on one axis.
one_axis() {
    "$python" experiments/three_starts/one_axis.py $runs/one_axis_data
    run experiment=one_axis name=one_axis data.root=$runs/one_axis_data seed=$five
}
collected() {
    local sources=()
    for variant in embedded last_stage plain plain_oasis one_axis; do
        [ -d $runs/$variant ] && sources+=("$variant=$runs/$variant")
    done
    "$python" experiments/collect.py experiments/three_starts --add "${sources[@]}"
}

# One part alone: bash experiments/three_starts/run.sh embedded | last_stage DIRECTORY | plain | plain_oasis DIRECTORY | one_axis | settings
case "${1:-all}" in
embedded | last_stage | plain | plain_oasis | one_axis | settings | collected) "$@"; exit ;;
esac
embedded
plain
one_axis
if [ $# -ge 1 ]; then
    last_stage "$1"
    plain_oasis "$1"
fi
collected
