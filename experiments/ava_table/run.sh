#!/usr/bin/env bash
# The study: make study NAME=ava_table
# All rows of the talk's AVA table on the embedded AVA, three seeds, the house's small network for all of them. Every row
# is trained for 8 epochs with the optimiser of experiment=ava_table; the epoch that is best on validation images counts.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 # the same rounding whatever the machine
runs=runs/ava_table
run() { "$python" -m piaa_lightning -m seed=0,1,2 logger=none paths.runs=$runs "$@"; }

rows() { run experiment=ava_table name=rows task.epochs=8; }
# What the talk has on two backbones: the same three rows once more, on a network of twice the width.
pairs() { run experiment=ava_table_pairs name=pairs task.epochs=8 backbone.options.width=32; }
collected() { "$python" experiments/collect.py experiments/ava_table --add rows=$runs/rows pairs=$runs/pairs; }

# One part alone: bash experiments/ava_table/run.sh rows | pairs | collected
case "${1:-all}" in
rows | pairs | collected) "$@"; exit ;;
esac
rows
pairs
collected
