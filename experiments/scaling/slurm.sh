#!/usr/bin/env bash
# A run on several machines under SLURM, which goes on by itself after pre-emption, a time limit or the death of a node:
#   sbatch experiments/scaling/slurm.sh experiment=blg_piaa data.root=DIR backbone=resnet18 backbone.weights=imagenet
# Nodes, GPUs and hours are for your cluster: sbatch --nodes=2 --gpus-per-node=8 --ntasks-per-node=8 --time=04:00:00 ...
#SBATCH --job-name=piaa
#SBATCH --nodes=2
#SBATCH --gpus-per-node=4
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@180
set -uo pipefail
python=${PYTHON:-.venv/bin/python}
# One directory for all that this job does, however often it is put back into the queue. Runs and caches have to lie on a
# disk that all nodes share.
directory=${RUNS:-runs}/slurm/$SLURM_JOB_ID

# Three minutes before the time is over the processes are told to keep their state and end; then the job queues anew.
again() {
    kill -TERM "$steps" 2>/dev/null
    wait "$steps"
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
}
trap again TERM

srun --kill-on-bad-exit=1 "$python" -m piaa_lightning trainer=slurm resume=auto "hydra.run.dir=$directory" "$@" &
steps=$!
wait "$steps"
