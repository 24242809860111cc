#!/usr/bin/env bash
# Makes the embedded models from nothing: profiles, tokenizer, training, calibration, export, figures.
#   scripts/embedded/make_models.sh            (Debian or Ubuntu with Python 3.11; about three and a half hours; it uses one core)
# Needs: apt-get install wordnet-base dict-gcide trans-de-en dict-freedict-eng-{hun,ell,jpn,pol,por,nld,fra,spa,swe,ita,rus};
# pip install torch tokenizers safetensors numpy scipy scikit-learn; npm ci
# Work lands under scripts/embedded/work/ (not in git), the models in data/models/. MINUTES=5 makes a quick, weak try.
# Seeded; a stopped run goes on from its last checkpoint (work/<name>/last.pt).
set -euo pipefail
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1 PYTHONHASHSEED=0
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000   # keeps freed tensors: page faults cost 40 % of the time otherwise
MINUTES="${MINUTES:-75}"; SHARDS="${SHARDS:-18}"
mkdir -p work/shards work/scout/hf work/careful/hf work/strict/hf work/grown

[ -s work/words.npz ] || python3 wordvectors.py work/words.npz
[ -s work/held.jsonl ] || python3 generate.py work/held.jsonl --rows 1500 --seed 99 --held-out
[ -s work/long.jsonl ] || python3 generate.py work/long.jsonl --rows 500 --seed 98 --held-out --long
for i in $(seq 1 "$SHARDS"); do
  shard=$(printf 'work/shards/%03d.jsonl' "$i")
  [ -s "$shard" ] || { python3 generate.py "$shard.part" --rows 15000 --seed $((7000 + i)); mv "$shard.part" "$shard"; }
done
[ -s work/scout/hf/tokenizer.json ] || python3 tokenizer.py work/shards/001.jsonl work/scout/hf 16384 work/words.npz
python3 train.py scout --minutes "$MINUTES" --lr 3e-3 --muon-lr 6e-3 | tee -a work/scout/log
# careful: scout with two more layers, which change nothing until they are trained. From scratch it learns far more slowly.
[ -s work/grown/model.safetensors ] || { python3 grow.py work/scout/hf careful; cp work/careful/hf/* work/grown/; }
python3 train.py careful --minutes "$MINUTES" --lr 2e-3 --muon-lr 5e-3 --from-folder work/grown | tee -a work/careful/log
# strict: careful trained on, with a missed violation two and a half times as bad as a false alarm.
[ -s work/strict/hf/tokenizer.json ] || cp work/careful/hf/* work/strict/hf/
[ -s work/strict/from/model.safetensors ] || { mkdir -p work/strict/from; cp work/careful/hf/* work/strict/from/; }
python3 train.py strict --minutes $((MINUTES / 4)) --lr 8e-4 --muon-lr 2e-3 --bad-weight 2.5 --seed 31 --from-folder work/strict/from | tee -a work/strict/log

for name in scout careful strict; do
  mkdir -p "work/$name/calibrated"
  shift=0; [ "$name" = strict ] && shift=0.8
  python3 calibrate.py "work/$name/hf" ../../data/eval/dev.jsonl "work/$name/calibrated" --shift "$shift"
  cp "work/$name/hf/generation_config.json" "work/$name/calibrated/"
done
cd ../..
npm run --silent build
for name in scout careful strict; do node dist/scripts/embedded/export.js "scripts/embedded/work/$name/calibrated" "$name"; done
scripts/embedded/figures.sh
