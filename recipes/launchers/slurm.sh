#!/bin/bash
# A run on several nodes of a Slurm cluster, one task a node, one process a GPU:
#   sbatch recipes/launchers/slurm.sh recipes/configs/llama-3.2-1b-mbpp.yaml
# Whatever follows the configuration goes to the recipe; gradient_accumulation_steps is for one GPU: divide it.
#SBATCH --job-name=trl-rlvr
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=04:00:00
#SBATCH --output=%x-%j.log
#SBATCH --signal=B:TERM@120
set -euo pipefail

config=${1:?usage: sbatch slurm.sh CONFIG.yaml [options of the recipe]}
shift
first_node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
gpus=${SLURM_GPUS_ON_NODE:?the job has no GPU}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

# In the background, so that the shell hears Slurm's TERM before the time is up: each run then saves a checkpoint and
# says how to go on, which is the same command with --resume_from_checkpoint last.
srun --kill-on-bad-exit=1 bash -c '
    exec accelerate launch --config_file recipes/accelerate_configs/multi_node.yaml \
        --num_machines "$SLURM_NNODES" --num_processes "$((SLURM_NNODES * $1))" --machine_rank "$SLURM_NODEID" \
        --main_process_ip "$0" --main_process_port 29500 \
        recipes/mbpp_rlvr.py "${@:2}"
' "$first_node" "$gpus" --config "$config" "$@" &
step=$!
trap 'kill -TERM "$step"' TERM
wait "$step" || { status=$?; wait "$step" || status=$?; exit "$status"; }
