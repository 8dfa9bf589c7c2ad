#!/usr/bin/env bash
# The study: make study NAME=best_twenty ARGS="OASIS_DIRECTORY [PEOPLE]"
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${1:?usage: make study NAME=best_twenty ARGS=\"OASIS_DIRECTORY [PEOPLE]\"}"
export OMP_NUM_THREADS=1
"${PYTHON:-.venv/bin/python}" experiments/best_twenty/measure.py "$@"
