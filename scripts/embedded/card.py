"""Writes a model card from the log of training and the last lines of evaluate.py.

  python3 card.py scout REPORT.json "one paragraph about this model"     writes work/scout/README.md
"""
import json
import sys

from model import load_hf
from targets import TAGS
from train import WORK

LABELS = {'held2.jsonl': 'held-out frames (generated)', 'held.jsonl': 'held-out frames (generated)', 'dev.jsonl': 'data/eval/dev.jsonl (also used to calibrate)', 'test.jsonl': 'data/eval/test.jsonl'}


def main():
    name, report, about = sys.argv[1], json.load(open(sys.argv[2])), sys.argv[3]
    c = load_hf(f'{WORK}/{name}/hf').c
    size = sum(p.numel() for p in load_hf(f'{WORK}/{name}/hf').parameters())
    last = [l for l in open(f'{WORK}/{name}/train.log') if ' rows ' in l][-1].split()
    lines = [f'# {name}', '', about, '',
             f"Llama architecture, {size:,} parameters: {c['layers']} layers x {c['width']}, {c['heads']} heads ({c['kv']} for keys and values), feed-forward {c['ffn']}, vocabulary {c['vocab']:,} (byte-level BPE, digits one by one, punctuation apart from letters), tied embeddings.", '',
             f"Trained in this project on {last[last.index('rows') + 1]} profiles made by `scripts/embedded/generate.py`; no text of any real person and none from the web. WordNet 3.0 (Princeton University) supplied words and example sentences to the generator.", '',
             '| Set | Rows | Flag accuracy | Recall of bad | Precision of bad | ' + ' | '.join('F1 ' + t.replace('_information', '').replace('_content', '').replace('poor_', '') for t in TAGS) + ' | Valid JSON | Names the cause | Calibration error |',
             '|' + '---|' * (8 + len(TAGS))]
    for key, label in LABELS.items():
        if key in report:
            r = report[key]
            lines.append(f"| {label} | {r['rows']} | {r['flag_accuracy']:.3f} | {r['bad_recall']:.3f} | {r['bad_precision']:.3f} | " + ' | '.join(f"{r['f1'][t]:.2f}" if r['f1'][t] is not None else '-' for t in TAGS) + f" | {r['valid_json']:.3f} | {r['reasoning_names_cause']:.2f} | {r['ece']:.3f} |")
    lines += ['', '"Names the cause": share of the correctly flagged profiles whose `reasoning` names the kind of a true violation. Measured by `scripts/embedded/evaluate.py` in float32, greedy, without a grammar.', '',
              '## What it is not', '',
              'It learnt a generator, not English. It has never read real profiles. Sound prose in an unusual voice is often called bad, sensitive topics that its word banks lack are missed, and long texts (over 250 words) were rare in training.',
              'Use it to try the tool and to test an installation; for real profiles configure a real instruction model. Its confidence must not be read as a probability on text from elsewhere.', '']
    open(f'{WORK}/{name}/README.md', 'w').write('\n'.join(lines))


if __name__ == '__main__':
    main()
