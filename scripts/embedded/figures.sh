#!/usr/bin/env bash
# Judges the embedded models on every set and writes the figures into their cards. After make_models.sh, which left its sets under work/.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=scripts/embedded/work
node dist/scripts/embedded/eval.js $work/held.jsonl $work/long.jsonl data/eval/dev.jsonl data/eval/test.jsonl | tee $work/report.txt
tail -n 1 $work/report.txt > $work/report.json
cd scripts/embedded
before=work/base/log,work/first/log,work/second/log
python3 card.py scout work/report.json $before,work/scout/log,work/scout-long/log 'The smallest of the embedded models, and the fastest.'
python3 card.py careful work/report.json $before,work/careful/log,work/careful-long/log 'scout with two more layers, trained on.'
python3 card.py strict work/report.json $before,work/careful/log,work/careful-long/log,work/strict/log 'careful, halfway to a version whose last layer was trained on to prefer `bad` when in doubt: it misses less and raises more false alarms.'
