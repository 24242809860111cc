#!/usr/bin/env bash
# Makes the embedded models from nothing: profiles, tokenizer, training, calibration, export, figures.
#   scripts/embedded/make_models.sh            (Debian or Ubuntu with Python 3.11; about three and a half hours on two free cores)
# Needs: apt-get install wordnet-base; pip install torch tokenizers safetensors numpy; npm ci
# Work lands under scripts/embedded/work/ (not in git), the models in data/models/. MINUTES=5 makes a quick, weak try.
# Seeded; a stopped run goes on from its last checkpoint (work/<name>/last.pt).
set -euo pipefail
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1 PYTHONHASHSEED=0
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000   # keeps freed tensors: page faults cost 40 % of the time otherwise
MINUTES="${MINUTES:-90}"; SHARDS="${SHARDS:-12}"
mkdir -p work/shards work/scout/hf work/careful/hf work/grown

[ -s work/held.jsonl ] || python3 generate.py work/held.jsonl --rows 1500 --seed 99 --held-out
for i in $(seq 1 "$SHARDS"); do
  shard=$(printf 'work/shards/%03d.jsonl' "$i")
  [ -s "$shard" ] || { python3 generate.py "$shard.part" --rows 15000 --seed $((7000 + i)); mv "$shard.part" "$shard"; }
done
[ -s work/scout/hf/tokenizer.json ] || python3 tokenizer.py work/shards/001.jsonl work/scout/hf 8192
python3 train.py scout --minutes "$MINUTES" --lr 3e-3 | tee -a work/scout/log
# careful: scout with two more layers, which change nothing until they are trained. From scratch it learns far more slowly.
[ -s work/grown/model.safetensors ] || { python3 grow.py work/scout/hf careful; cp work/careful/hf/* work/grown/; }
python3 train.py careful --minutes "$MINUTES" --lr 2e-3 --from-folder work/grown | tee -a work/careful/log

for name in scout careful; do
  mkdir -p "work/$name/calibrated"
  python3 calibrate.py "work/$name/hf" ../../data/eval/dev.jsonl "work/$name/calibrated"
  cp "work/$name/hf/generation_config.json" "work/$name/calibrated/"
done
cd ../..
npm run --silent build
for name in scout careful; do node dist/scripts/embedded/export.js "scripts/embedded/work/$name/calibrated" "$name"; done
node dist/scripts/embedded/eval.js scripts/embedded/work/held.jsonl data/eval/dev.jsonl data/eval/test.jsonl | tee scripts/embedded/work/report.txt
tail -n 1 scripts/embedded/work/report.txt > scripts/embedded/work/report.json
cd scripts/embedded
python3 card.py scout work/report.json work/scout/log 'The smallest of the embedded models, and the fastest.'
python3 card.py careful work/report.json work/careful/log 'The larger of the embedded models: scout with two more layers, trained on.'
