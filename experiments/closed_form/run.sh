#!/usr/bin/env bash
# All runs of the study: bash experiments/closed_form/run.sh OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors
set -euo pipefail
: "${2:?usage: bash experiments/closed_form/run.sh OASIS_DIRECTORY MOBILENETV2_WEIGHTS.safetensors}"
export OMP_NUM_THREADS=1
common=(data.root="$1" backbone.weights="$2" logger=none)
python=.venv/bin/python
"$python" -m piaa_lightning experiment=closed_form_oasis "${common[@]}"
"$python" -m piaa_lightning experiment=active_choice_oasis "${common[@]}" '~methods.ba' \
  'comparisons=[[active,random_choice],[pam_rule,random_choice],[random_choice,generic]]'
"$python" -m piaa_lightning experiment=light_fine_tuning_oasis "${common[@]}" 'shots=[10,100]'
"$python" experiments/collect.py experiments/closed_form closed_form=runs/closed_form_oasis \
  active_choice=runs/active_choice_oasis light_fine_tuning=runs/light_fine_tuning_oasis
