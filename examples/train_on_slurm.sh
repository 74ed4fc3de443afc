#!/bin/bash
# One model of many photos, trained by several machines of a SLURM cluster, all GPUs of each:
#
#     sbatch examples/train_on_slurm.sh cocogan /shared/photos --preset paper
#
# Everything is in folders that all machines see. A job that is cut short goes on where it was: submit it again, or let
# SLURM do so (--requeue). Where one process dies, all of them begin again from what was saved last (--restarts).
#SBATCH --job-name=calotype
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=INT@120

set -euo pipefail

# Models and decoded photos are kept here; without it, in each machine's own cache, which the others do not see.
export CALOTYPE_CACHE="${CALOTYPE_CACHE:-$PWD/calotype-cache}"

first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
exec srun calotype train "$@" --procs 0 --nodes "$SLURM_JOB_NUM_NODES" --meet "$first:29400"
