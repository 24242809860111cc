"""Calibrates the flag of a trained model on the development set and writes the result back as plain weights.

  python3 calibrate.py work/scout/hf DEV.jsonl OUT_FOLDER [--shift 0]

The log-odds z of 'bad' become a*z + b (Platt, fitted on the development set): the last norm is scaled by a, which changes no
greedy choice, and the embeddings of 'good' and 'bad' are moved apart along a direction whose product with the hidden state at
the flag is nearly one. --shift adds to b: above zero the model prefers 'bad' when in doubt.
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


def platt(z, y, steps=4000):
    """(a, b) that minimise the log loss of a*z + b, with labels softened as in Platt's paper."""
    up, down = (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2)
    goal, a, b = np.where(y, up, down), 1.0, 0.0
    for _ in range(steps):
        gap = 1 / (1 + np.exp(-(a * z + b))) - goal
        a, b = a - 0.02 * (gap * z).mean(), b - 0.05 * gap.mean()
    return float(a), float(b)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('source')
    p.add_argument('dev')
    p.add_argument('out')
    p.add_argument('--shift', type=float, default=0.0)
    o = p.parse_args()
    torch.set_num_threads(1)
    model, tok = load_hf(o.source), Tokenizer.from_file(f'{o.source}/tokenizer.json')
    tok.encode_special_tokens = True
    rows = read(o.dev)
    z, y, hidden = odds(model, tok, rows)
    a, b = platt(z, y)
    b += o.shift
    direction = torch.linalg.solve(hidden.T @ hidden + 0.01 * len(rows) * torch.eye(hidden.shape[1]), hidden.T @ torch.ones(len(rows)))
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    with torch.no_grad():
        e = model.model.embed_tokens.weight
        e[bad] += direction * (b / a / 2)
        e[good] -= direction * (b / a / 2)
        model.model.norm.weight *= a
    z2, _, _ = odds(model, tok, rows)
    print(f'a {a:.3f} b {b:.3f}; area {area(z, y):.3f}; accuracy {((z > 0) == y).mean():.3f} -> {((z2 > 0) == y).mean():.3f}, recall {(z > 0)[y].mean():.3f} -> {(z2 > 0)[y].mean():.3f}; '
          f'wanted and got log-odds differ by at most {np.abs(a * z + b - z2).max():.3f}; moved {float((direction * b / a / 2).norm() / e[bad].detach().norm()):.3f} of the embedding')

    os.makedirs(o.out, exist_ok=True)
    save_hf(model, model.state_dict(), o.out)
    for file in ('tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'):
        shutil.copy(f'{o.source}/{file}', f'{o.out}/{file}')


if __name__ == '__main__':
    main()
