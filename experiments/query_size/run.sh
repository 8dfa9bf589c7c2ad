#!/usr/bin/env bash
# The study: bash experiments/query_size/run.sh [further arguments of every run, for instance data.root=DIR]
# What the size of the query set does to the spread of a result: the same methods, evaluated on 10, 20, 50 and all ratings.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
for size in 10 20 50 null; do
    "$python" -m piaa_lightning experiment=pam shots=[10] protocol.test.max_query=$size protocol.validation.max_query=null \
        logger=none paths.runs=runs/query_size name="query_$size" "$@"
    variants+=("query_$size=runs/query_size/query_$size")
done
"$python" experiments/collect.py experiments/query_size --add "${variants[@]}"
