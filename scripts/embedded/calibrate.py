"""Calibrates the flag of a trained model and writes the result back as plain weights.

  python3 calibrate.py work/scout/hf DEV.jsonl OUT_FOLDER --joined work/longer/001.jsonl --long work/places.jsonl [--shift 0]

The log-odds z of 'bad' become a*z + b + c*t. a and b are Platt's, fitted on the development set. t goes from 0 for a text of
120 words to 1 for 600 and more: sixty harmless sentences around one violation draw the flag towards 'good', and c, the least
with which violations in long texts (--long) are flagged as often as alone, takes that back. The last norm is scaled by a, which
changes no greedy choice, and the embeddings of 'good' and 'bad' are moved apart along directions whose products with the hidden
state at the flag are nearly one, and nearly t. --shift adds to b: above zero the model prefers 'bad' when in doubt.
"""
import argparse
import os
import shutil

import numpy as np
import torch
from tokenizers import Tokenizer

from model import load_hf, save_hf
from scores import area, odds
from rows import read


def platt(z, y, known=0.0, steps=4000):
    """(a, b) that minimise the log loss of a*z + b + known, with labels softened as in Platt's paper."""
    up, down = (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2)
    goal, a, b = np.where(y, up, down), 1.0, 0.0
    for _ in range(steps):
        gap = 1 / (1 + np.exp(-(a * z + b + known))) - goal
        a, b = a - 0.02 * (gap * z).mean(), b - 0.05 * gap.mean()
    return float(a), float(b)


def direction(hidden, goal, weight, ridge):
    """[width] whose product with each row of `hidden` is nearly `goal`: weighted least squares; the weights' sum is one."""
    weighted = hidden * weight[:, None]
    return torch.linalg.solve(hidden.T @ weighted + ridge * torch.eye(hidden.shape[1]), weighted.T @ goal)


def length_direction(texts, bad, hidden):
    """That of t. Short and long, good and bad texts count the same, so that length is all it tells."""
    words = torch.tensor([len(text.split()) for text in texts])
    t = ((words / 120).log() / np.log(5)).clamp(0, 1)
    group = 2 * (t > 0.5).long() + torch.tensor(bad).long()
    return direction(hidden, t, 0.25 / group.bincount(minlength=4)[group], 0.0025)


def long_term(judge, dev, judged, joined, places, shift):
    """(c, the direction of t). dev, joined, places: rows; judge(rows): their (log-odds, is bad, hidden states); judged: those of dev."""
    (z, y, hidden), (_, bad, more), (z_long, _, at_flag) = judged, judge(joined), judge(places)
    along = length_direction([r['text'] for r in dev + joined], np.concatenate((y, bad)), torch.cat((hidden, more)))
    group = np.array([r['group'] for r in places])
    alone, none = group == 'short', group == 'none'
    for c in np.arange(0, 4, 0.1):
        a, b = platt(z, y, c * (hidden @ along).numpy())
        flagged = a * z_long + b + shift + c * (at_flag @ along).numpy() > 0
        if flagged[~alone & ~none].mean() >= flagged[alone].mean():
            break
    print(f'c {c:.1f}: flagged alone {flagged[alone].mean():.3f}, in long texts {flagged[~alone & ~none].mean():.3f}, without a violation {flagged[none].mean():.3f}')
    return c, along


def main():
    p = argparse.ArgumentParser()
    p.add_argument('source')
    p.add_argument('dev')
    p.add_argument('out')
    p.add_argument('--joined', required=True, help='texts of all lengths, of generate.py --joined')
    p.add_argument('--long', required=True, help='each violation alone and in long texts, of generate.py --long')
    p.add_argument('--shift', type=float, default=0.0)
    o = p.parse_args()
    torch.set_num_threads(1)
    model, tok = load_hf(o.source), Tokenizer.from_file(f'{o.source}/tokenizer.json')
    tok.encode_special_tokens = True
    rows = read(o.dev)
    z, y, hidden = odds(model, tok, rows)
    c, along = long_term(lambda more: odds(model, tok, more), rows, (z, y, hidden), read(o.joined, 2500), read(o.long), o.shift)
    known = c * (hidden @ along).numpy()
    a, b = platt(z, y, known)
    b += o.shift
    even = torch.full((len(rows),), 1 / len(rows))
    moved = (c * along + b * direction(hidden, torch.ones(len(rows)), even, 0.01)) / a / 2
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    with torch.no_grad():
        e = model.model.embed_tokens.weight
        e[bad] += moved
        e[good] -= moved
        model.model.norm.weight *= a
    z2, _, _ = odds(model, tok, rows)
    print(f'a {a:.3f} b {b:.3f}; area {area(z, y):.3f}; accuracy {((z > 0) == y).mean():.3f} -> {((z2 > 0) == y).mean():.3f}, recall {(z > 0)[y].mean():.3f} -> {(z2 > 0)[y].mean():.3f}; '
          f'wanted and got log-odds differ by at most {np.abs(a * z + b + known - z2).max():.3f}; moved {float(moved.norm() / e[bad].detach().norm()):.3f} of the embedding')

    os.makedirs(o.out, exist_ok=True)
    save_hf(model, model.state_dict(), o.out)
    for file in ('tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'):
        shutil.copy(f'{o.source}/{file}', f'{o.out}/{file}')


if __name__ == '__main__':
    main()
