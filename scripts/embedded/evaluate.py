"""Judges a trained model by greedy generation in PyTorch and prints a table; the last line is JSON.

  python3 evaluate.py scout work/held.jsonl [../../data/eval/dev.jsonl] [--limit 300] [--errors]
"""
import argparse
import json
import os

import torch
from tokenizers import Tokenizer

from model import load_hf
from targets import CAUSE, TAG_OF, TAGS
from rows import END, prompt, read
from train import WORK

KEYS = ['flag', 'reasoning', 'tags', 'recommendation']


def labels(row):
    """(is bad, tags, kinds) of a generated row or of a row of the evaluation sets."""
    if 'kinds' in row:
        return bool(row['kinds']), {TAG_OF[k] for k in row['kinds']}, set(row['kinds'])
    return row['flag'] == 'bad', set(row['tags']), {s['kind'] for s in row['spans']}


@torch.no_grad()
def generate(model, tok, text, limit=160):
    """(reply, probability of 'bad' against 'good' at the flag token or None) for one profile, greedy."""
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    ids = prompt(tok.encode(text, add_special_tokens=False).ids)
    caches = [[] for _ in model.model.layers]
    new, out, chance, start = torch.tensor([ids]), [], None, 0
    for _ in range(limit):
        z = model.logits(model(new, start, caches)[0, -1])
        start += new.shape[1]
        pick = int(z.argmax())
        if chance is None and pick in (good, bad):
            chance = float(z[[good, bad]].softmax(-1)[1])
        if pick == END:
            break
        out.append(pick)
        new = torch.tensor([[pick]])
    return tok.decode(out, skip_special_tokens=False), chance


def parse(reply):
    try:
        value = json.loads(reply)
    except ValueError:
        return None
    ok = isinstance(value, dict) and list(value) == KEYS and value['flag'] in ('good', 'bad') and isinstance(value['tags'], list) and all(t in TAGS for t in value['tags'])
    return value if ok else None


def calibration(pairs, bins=10):
    """Expected calibration error over (confidence, right) pairs in equal-width bins."""
    total = 0.0
    for b in range(bins):
        part = [p for p in pairs if min(bins - 1, int(p[0] * bins)) == b]
        if part:
            total += abs(sum(p[0] for p in part) - sum(p[1] for p in part)) / len(pairs)
    return total


def judge(model, tok, rows, show):
    valid, right, hits, bads, named, flagged, false_alarms = 0, 0, 0, 0, 0, 0, 0
    counts, pairs, styles = {t: [0, 0, 0] for t in TAGS}, [], {}
    for row in rows:
        is_bad, tags, kinds = labels(row)
        reply, chance = generate(model, tok, row['text'])
        value = parse(reply)
        valid += value is not None
        said = value is not None and value['flag'] == 'bad'
        correct = value is not None and said == is_bad
        right += correct
        bads += is_bad
        hits += said and is_bad
        false_alarms += said and not is_bad
        if chance is not None:
            pairs.append((max(chance, 1 - chance), correct))
        found = set(value['tags']) if value else set()
        for t in TAGS:
            counts[t][0] += t in tags and t in found
            counts[t][1] += t not in tags and t in found
            counts[t][2] += t in tags and t not in found
        if correct and is_bad:
            flagged += 1
            named += any(CAUSE[k] in value['reasoning'] for k in kinds)
        if show and not correct:
            print('bad ' if is_bad else 'good', f'{chance if chance is not None else -1:.2f}', sorted(kinds), repr(row['text'][:260]), '->', (value or {}).get('reasoning', reply[:80]))
    f1 = {t: round(2 * a / (2 * a + b + c), 3) if a + b + c else None for t, (a, b, c) in counts.items()}
    return dict(rows=len(rows), valid_json=round(valid / len(rows), 4), flag_accuracy=round(right / len(rows), 4), bad_recall=round(hits / max(1, bads), 4),
                bad_precision=round(hits / max(1, hits + false_alarms), 4), f1=f1,
                reasoning_names_cause=round(named / max(1, flagged), 4), ece=round(calibration(pairs), 4))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('name')
    p.add_argument('sets', nargs='+')
    p.add_argument('--limit', type=int, default=300)
    p.add_argument('--errors', action='store_true')
    a = p.parse_args()
    torch.set_num_threads(1)
    folder = f'{WORK}/{a.name}/hf' if not os.path.isdir(a.name) else a.name
    model, tok = load_hf(folder), Tokenizer.from_file(f'{folder}/tokenizer.json')
    tok.encode_special_tokens = True
    report = {}
    for path in a.sets:
        got = judge(model, tok, read(path, a.limit), a.errors)
        report[os.path.basename(path)] = got
        print(f"{a.name} {os.path.basename(path)}: " + ' '.join(f'{k}={v}' for k, v in got.items()))
    print(json.dumps({'model': a.name, **report}))


if __name__ == '__main__':
    main()
