#!/usr/bin/env bash
# The study: make study NAME=backbones, a small rehearsal on the embedded data; the table itself on the real database:
#   bash experiments/backbones/run.sh real data.root=FLICKR_AES trainer=gpu
# A sweep that was cut off goes on with what is missing when the same command is typed again.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/backbones
run() { "$python" -m piaa_lightning logger=none report.maps=0 paths.runs=$runs "name=$1" "${@:2}"; }

# The smallest data, small images, few epochs, heads alone fitted to users, three splits, one seed: minutes on two cores.
rehearsal=(data.size=tiny backbone.size=80 task.init_from.epochs=2 task.epochs=1 task.dataset.support=10 task.dataset.query=10
    protocol.test.repeats=3 methods.{blg,ba}.personalizer.{inner.layers=head,cache_features=true})

variant=${1:-embedded}
if [ "$variant" = embedded ]; then
    run embedded experiment=blg_piaa init_from=generic '~methods.blg_generic' sweep=backbones_by_shots 'shots=[10,100]' seed=1 "${rehearsal[@]}"
else
    run "$variant" experiment=talk_blg_piaa sweep=backbones_by_shots "${@:2}"
fi
variants=()
for known in $(ls $runs); do
    [ "$known" = latest ] || variants+=("$known=$runs/$known")
done
"$python" experiments/collect.py experiments/backbones --add "${variants[@]}"
