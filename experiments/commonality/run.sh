#!/usr/bin/env bash
# The study: make study NAME=commonality; ratings alone are read. Real ratings as well:
#   make study NAME=commonality ARGS="OASIS_DIRECTORY"
# and any other database: bash experiments/commonality/run.sh VARIANT data=flickr_aes data.root=DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
agree() { "$python" experiments/commonality/agree.py "$@"; }

if [ $# -ge 2 ]; then
    agree "$@"
    exit
fi
agree embedded data=flickr_aes
if [ $# -eq 1 ]; then
    agree oasis data=oasis "data.root=$1"
fi
