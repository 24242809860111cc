#!/usr/bin/env bash
# Makes the embedded models from nothing: synthetic profiles, tokenizers, training, evaluation.
#   scripts/embedded/make_models.sh            (Debian or Ubuntu with Python 3.11; about three hours on two free cores)
# Needs: apt-get install wordnet-base; pip install torch tokenizers safetensors numpy
# Everything lands under scripts/embedded/work/ (not in git). MINUTES=5 makes a quick, weak try.
set -euo pipefail
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1 PYTHONHASHSEED=0
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000   # keeps freed tensors: page faults cost 40 % of the time otherwise
MINUTES="${MINUTES:-60}"; SHARDS="${SHARDS:-12}"
mkdir -p work/shards work/scout/hf work/careful/hf work/strict/hf

[ -s work/held.jsonl ] || python3 generate.py work/held.jsonl --rows 1500 --seed 99 --held-out
for i in $(seq 0 "$SHARDS"); do
  shard=$(printf 'work/shards/%03d.jsonl' "$i"); short=(); [ "$i" = 1 ] && short=(--short)
  [ -s "$shard" ] || { nice -n 10 python3 generate.py "$shard.part" --rows 20000 --seed $((1000 + i)) "${short[@]}"; mv "$shard.part" "$shard"; }
done
[ -s work/scout/hf/tokenizer.json ] || python3 tokenizer.py work/shards/000.jsonl work/scout/hf 2048
# a run that was stopped goes on from its last checkpoint (work/<name>/last.pt)
nice -n 10 python3 train.py scout --minutes "$MINUTES" --lr 3e-3 & scout=$!
wait "$scout"
# careful: scout with two more layers, which change nothing until they are trained. From scratch the larger models
# stayed on the flag's plateau far longer.
python3 grow.py work/scout/hf careful && mkdir -p work/grown && cp work/careful/hf/config.json work/careful/hf/model.safetensors work/grown/
nice -n 10 python3 train.py careful --minutes "$MINUTES" --lr 2.5e-3 --from-folder work/grown --newest 1
# calibration on the development set; strict is careful with the flag moved towards "bad"
for name in scout careful; do
  mkdir -p "work/$name/raw" && cp work/$name/hf/* "work/$name/raw/"
  python3 calibrate.py "work/$name/raw" ../../data/eval/dev.jsonl "work/$name/hf"
done
python3 calibrate.py work/careful/raw ../../data/eval/dev.jsonl work/strict/hf --shift 1.5
for name in scout careful strict; do
  python3 evaluate.py "$name" work/held.jsonl ../../data/eval/dev.jsonl
done
