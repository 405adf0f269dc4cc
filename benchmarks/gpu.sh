#!/usr/bin/env bash
# DPO beside TRL on one GPU, in bfloat16 and at the width of a 7B model (4 of its layers): what it prints is kept in OUT.
#   benchmarks/gpu.sh [qwen2_5_vl [flex]]
# WIDTH, LAYERS and PAIRS shrink it for a try on a smaller GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
family=${1:-llava} attention=${2:-sdpa} out=${OUT:-benchmarks}
python3 benchmarks/dpo_vs_trl.py --family "$family" --width "${WIDTH:-4096}" --layers "${LAYERS:-4}" --rank 64 \
  --pairs "${PAIRS:-64}" --batch 8 --repeats 1 --threads 8 --dtype bfloat16 --device auto --less \
  --attention "$attention" --json "$out/gpu-$family-$attention.json" | tee "$out/gpu-$family-$attention.txt"
