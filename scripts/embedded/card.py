"""Writes a model card from the log of training and the report of `npm run eval:embedded`.

  python3 card.py scout REPORT.json LOG "one paragraph about this model"     writes ../../data/models/scout/README.md

REPORT.json is the last line that eval:embedded printed, over all sets.
"""
import json
import os
import re
import sys

from model import SIZES, Llama

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = {'held.jsonl': 'held-out frames (generated)', 'dev.jsonl': '`data/eval/dev.jsonl` (also used to calibrate)', 'test.jsonl': '`data/eval/test.jsonl`'}
MEASURES = {'rows': 'rows', 'flag_accuracy': 'flag accuracy', 'bad_recall': 'recall of bad', 'bad_precision': 'precision of bad', 'tag_f1': 'F1 {}', 'valid_json': 'valid JSON',
            'reasoning_names_cause': 'reasoning names a true cause', 'recommendation_fits': 'recommendation fits the tags', 'calibration_error': 'calibration error'}


def main():
    name, report, log, about = sys.argv[1], json.load(open(sys.argv[2])), open(sys.argv[3]).read(), sys.argv[4]
    c = SIZES[name]
    size = sum(p.numel() for p in Llama(c).parameters())
    seen = int(re.findall(r' rows (\d+) ', log)[-1])
    sets = [(title, report[key][name]) for key, title in SETS.items() if key in report]
    lines = [f'# {name}', '', about, '',
             f"Llama architecture, {size:,} parameters: {c['layers']} layers x {c['width']}, {c['heads']} heads ({c['kv']} for keys and values), feed-forward {c['ffn']}, "
             f"vocabulary {c['vocab']:,} (byte-level BPE, digits one by one), tied embeddings, 8-bit weights.", '',
             f"Trained in this project on {seen:,} profiles made by `scripts/embedded/generate.py` from written sentence banks, after a first stage on an "
             'earlier generator; no text of any real person and none from the web. WordNet 3.0 (Princeton University) supplied words and example sentences.', '',
             '| Measure | ' + ' | '.join(title for title, _ in sets) + ' |', '|---' * (len(sets) + 1) + '|']
    cell = lambda value: '-' if value is None else f'{value:.3f}' if isinstance(value, float) else str(value)
    for key, title in MEASURES.items():
        if key == 'tag_f1':
            lines += [f'| {title.format(tag)} | ' + ' | '.join(cell(figures[key][tag]) for _, figures in sets) + ' |' for tag in sets[0][1][key]]
        else:
            lines.append(f'| {title} | ' + ' | '.join(cell(figures[key]) for _, figures in sets) + ' |')
    lines += ['', 'Measured with `npm run eval:embedded`, the way the product runs the model. Nobody looked at `test.jsonl` to choose a checkpoint.', '',
              '## What it is not', '',
              'It learnt sentence banks, not English, and has never read a real profile. It misses what its banks do not hint at, is strict with odd but sound prose, and long texts',
              '(over 250 words) were rare in training. Use it to try the tool and to test an installation; for decisions about people configure a real instruction model.', '']
    open(f'{HERE}/../../data/models/{name}/README.md', 'w').write('\n'.join(lines))


if __name__ == '__main__':
    main()
