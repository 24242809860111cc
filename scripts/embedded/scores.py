"""Log-odds of the flag per row: python3 scores.py FOLDER SET [LIMIT] -> accuracy at several thresholds and the area under the ROC curve."""
import sys

import numpy as np
import torch
from tokenizers import Tokenizer

from model import load_hf
from rows import prompt, read


@torch.no_grad()
def odds(model, tok, rows):
    """(log-odds of 'bad' against 'good', is bad) as arrays, and the hidden states at the flag."""
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    prefix = tok.encode('{"flag":"').ids
    z, y, hidden = [], [], []
    for row in rows:
        h = model(torch.tensor([prompt(tok.encode(row['text'], add_special_tokens=False).ids) + prefix]))[0, -1]
        logits = model.logits(h)
        z.append(float(logits[bad] - logits[good]))
        y.append(bool(row['kinds']) if 'kinds' in row else row['flag'] == 'bad')
        hidden.append(h)
    return np.array(z), np.array(y), torch.stack(hidden)


def area(z, y):
    order = z.argsort().argsort() + 1
    return (order[y].sum() - y.sum() * (y.sum() + 1) / 2) / (y.sum() * (~y).sum())


if __name__ == '__main__':
    torch.set_num_threads(1)
    folder, path = sys.argv[1], sys.argv[2]
    model, tok = load_hf(folder), Tokenizer.from_file(f'{folder}/tokenizer.json')
    tok.encode_special_tokens = True
    z, y, _ = odds(model, tok, read(path, int(sys.argv[3]) if len(sys.argv) > 3 else None))
    print(path.split('/')[-1], 'area', round(float(area(z, y)), 3), {t: (round(float(((z > t) == y).mean()), 3), round(float((z > t)[y].mean()), 3)) for t in (-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4)})
