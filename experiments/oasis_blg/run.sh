#!/usr/bin/env bash
# The study: bash experiments/oasis_blg/run.sh OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors
# Three starts for the same comparison; every setting below was chosen on validation users (OASIS's subset 3),
# never on the test users (all 104 people of subset 4).
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
common=(experiment=blg_piaa_oasis "data.root=$1" "backbone.weights=$2" logger=none paths.runs=runs/oasis_blg)
generic=task.starts_from
inner=task.module.learner.inner

# First look: all 1,280 features, a generic prior as on the embedded data, the published inner rates.
"$python" -m piaa_lightning "${common[@]}" name=all_features backbone.components=null head.dropout=0 \
    $generic.epochs=12 $generic.module.optimizer._target_=torch.optim.Adam $generic.module.optimizer.weight_decay=1e-5 \
    $inner.rates.head=1e-3

# 64 components, a generic prior without dropout and with little weight decay, gentle and long meta-training.
light=(backbone.components=64 head.dropout=0 $generic.epochs=30 task.epochs=8
    $generic.module.optimizer._target_=torch.optim.Adam $generic.module.optimizer.weight_decay=1e-3)
"$python" -m piaa_lightning "${common[@]}" name=light_prior "${light[@]}"

# 32 components, a generic prior with dropout and weight decay: the best generic prior on validation users.
"$python" -m piaa_lightning "${common[@]}" name=tuned_prior

# The last two once more with the roles of validation and test people exchanged: does a finding carry over?
# Not a clean test: the settings were chosen on the people who are now tested.
swapped=(data.split.test_images="'subset=subset3'" data.split.val_images="'subset=subset4'"
    data.split.test_users=145 data.split.val_users=104)
"$python" -m piaa_lightning "${common[@]}" name=light_prior_swapped "${light[@]}" "${swapped[@]}"
"$python" -m piaa_lightning "${common[@]}" name=tuned_prior_swapped "${swapped[@]}"

for variant in all_features light_prior tuned_prior light_prior_swapped tuned_prior_swapped; do
    variants+=("$variant=runs/oasis_blg/$variant")
done
"$python" experiments/collect.py experiments/oasis_blg "${variants[@]}"
