"""Trains one model on the shards of generate.py, as they appear. Seeded; resumes from its last checkpoint.

  python3 train.py scout --minutes 60 [--from FOLDER] [--bad-weight 1] [--lr 3e-3]
"""
import argparse
import glob
import json
import math
import os
import random
import time

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import SIZES, Llama, load_hf, save_hf

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = f'{HERE}/work'
BEGIN, USER, END, ASSISTANT, PAD = range(5)
BUDGET = 3600  # tokens in a batch, padding included
SMOOTH = 0.03
IN_WEIGHT, OUT_WEIGHT, FLAG_WEIGHT = 0.25, 1.0, 6.0
INPUT_SHARE = 0.3  # of the batches also learn the profile's own text: its large softmax costs a third of the time


def encode(tok, rows, rng=None):
    """[(ids, first output position, position of the flag token, is bad)], shortest parts of the target dropped at random when rng is given."""
    texts = tok.encode_batch([r['text'] for r in rows], add_special_tokens=False)
    targets = tok.encode_batch([r['target'] for r in rows], add_special_tokens=False)
    prefix = len(tok.encode('{"flag":"').ids)
    out = []
    for row, a, b in zip(rows, texts, targets):
        bad = '"flag":"bad"' in row['target'][:16]
        reply = b.ids + [END]
        if rng is not None:
            # the target is nearly fixed once the causes are named: most rows stop before that part, which saves time
            if bad and rng.random() < 0.55:
                cut = row['target'].index('"recommendation"') + 3
                reply = [i for i, (s, _) in zip(b.ids, b.offsets) if s < cut]
            elif not bad and rng.random() < 0.75:
                reply = reply[:prefix + 4]
        ids = [BEGIN, USER] + a.ids[:1500] + [END, ASSISTANT]
        out.append((ids + reply, len(ids), len(ids) + prefix, bad))
    return out


def batches(rows, rng):
    rows = sorted(rows, key=lambda r: len(r[0]) + rng.random() * 8)
    out, batch, longest = [], [], 0
    for row in rows:
        n = max(longest, len(row[0]))
        if batch and (n * (len(batch) + 1) > BUDGET or len(batch) >= 64):
            out.append(batch)
            batch, n = [], len(row[0])
        batch.append(row)
        longest = n
    out.append(batch)
    rng.shuffle(out)
    return out


def pack(batch, bad_weight, with_input=True):
    longest = max(len(r[0]) for r in batch)
    ids = torch.full((len(batch), longest), PAD)
    weight = torch.zeros(len(batch), longest)
    flag = []
    for i, (row, first, at, bad) in enumerate(batch):
        ids[i, :len(row)] = torch.tensor(row)
        if with_input:
            weight[i, 2:first - 2] = IN_WEIGHT
        weight[i, first:len(row)] = OUT_WEIGHT
        weight[i, at] = FLAG_WEIGHT * (bad_weight if bad else 1)
        flag.append(at)
    return ids, weight, torch.tensor(flag)


@torch.no_grad()
def flag_accuracy(model, tok, rows):
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    right, hits, bads = 0, 0, 0
    for row in encode(tok, rows):
        h = model(torch.tensor([row[0][:row[2]]]))[0, -1]
        z = model.logits(h)
        said = bool(z[bad] > z[good])
        right += said == row[3]
        bads += row[3]
        hits += said and row[3]
    return right / len(rows), hits / max(1, bads)


def read(path, n=None):
    with open(path, encoding='utf-8') as f:
        return [json.loads(l) for _, l in zip(range(n or 10 ** 9), f)]


def dev_rows():
    path = f'{HERE}/../../data/eval/dev.jsonl'
    if os.path.exists(path):
        return [{'text': r['text'], 'target': json.dumps({'flag': r['flag']}, separators=(',', ':'))} for r in read(path)]
    return []


def main():
    p = argparse.ArgumentParser()
    p.add_argument('name')
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--lr', type=float, default=3e-3)
    p.add_argument('--bad-weight', type=float, default=1.0)
    p.add_argument('--from-folder')
    p.add_argument('--seed', type=int, default=7)
    p.add_argument('--newest', type=int, default=0, help='first shard to read')
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    home, hf = f'{WORK}/{a.name}', f'{WORK}/{a.name}/hf'
    os.makedirs(hf, exist_ok=True)
    tok = Tokenizer.from_file(f'{hf}/tokenizer.json')
    tok.encode_special_tokens = True  # control tokens inside a text are plain text
    model = load_hf(a.from_folder).train() if a.from_folder else Llama(SIZES[a.name])
    groups = [{'params': [q for q in model.parameters() if q.dim() > 1], 'weight_decay': 0.02}, {'params': [q for q in model.parameters() if q.dim() == 1], 'weight_decay': 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=a.lr, betas=(0.9, 0.98))
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()}
    done, step, shard, seen = 0.0, 0, a.newest, 0
    if os.path.exists(f'{home}/last.pt'):
        saved = torch.load(f'{home}/last.pt', weights_only=True)
        model.load_state_dict(saved['model'])
        optimizer.load_state_dict(saved['optimizer'])
        ema, done, step, shard, seen = saved['ema'], saved['done'], saved['step'], saved['shard'], saved['seen']
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    held, dev = read(f'{WORK}/held.jsonl', 200), dev_rows()
    began, last_report = time.time() - done, time.time()
    queue, sums = [], [0.0, 0.0, 0]
    limit = 60 * a.minutes
    shadow = Llama(model.c)
    print(a.name, sum(q.numel() for q in model.parameters()), 'parameters', flush=True)

    def keep():
        shadow.load_state_dict(ema)
        shadow.eval()
        f = [round(x, 3) for x in (*flag_accuracy(shadow, tok, held), *(flag_accuracy(shadow, tok, dev) if dev else ()))]
        save_hf(model, ema, hf)
        torch.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), ema=ema, done=time.time() - began, step=step, shard=shard, seen=seen), f'{home}/last.pt')
        print(f'{(time.time() - began) / 60:.1f} min step {step} rows {seen} loss {sums[0] / max(1, sums[2]):.3f} flag {sums[1] / max(1, sums[2]):.4f} [held acc, recall, dev acc, recall] {f} shard {shard}', flush=True)
        sums[:] = [0.0, 0.0, 0]

    while time.time() - began < limit:
        if not queue:
            files = sorted(glob.glob(f'{WORK}/shards/*.jsonl'))
            path = files[shard] if shard < len(files) else rng.choice(files[a.newest:] or files)
            shard += shard < len(files)
            queue = batches(encode(tok, read(path), rng), rng)
        batch = queue.pop()
        ids, weight, flag = pack(batch, a.bad_weight, rng.random() < INPUT_SHARE)
        part = min(1.0, (time.time() - began) / limit)
        lr = a.lr * min(1.0, (step + 1) / 150) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))
        for g in optimizer.param_groups:
            g['lr'] = lr
        hidden = model(ids)[:, :-1]
        w, y = weight[:, 1:], ids[:, 1:]
        on = w > 0
        logits = model.logits(hidden[on])
        loss = F.cross_entropy(logits, y[on], reduction='none')
        rows = torch.arange(len(batch))
        z = model.logits(hidden[rows, flag - 1])[:, [good, bad]].log_softmax(-1)
        is_bad = (y[rows, flag - 1] == bad).long()
        smooth = -(SMOOTH * z[rows, 1 - is_bad] + (1 - SMOOTH) * z[rows, is_bad])
        weights = w[on]
        total = ((loss * weights).sum() + (FLAG_WEIGHT * w[rows, flag - 1] / FLAG_WEIGHT * smooth).sum()) / weights.sum()
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(batch)
        sums[0] += total.item()
        sums[1] += smooth.mean().item()
        sums[2] += 1
        decay = min(0.999, (1 + step) / (20 + step))
        with torch.no_grad():
            state = model.state_dict()
            names = list(ema)
            torch._foreach_lerp_([ema[k] for k in names], [state[k] for k in names], 1 - decay)
        if time.time() - last_report > 300:
            keep()
            last_report = time.time()
    keep()


if __name__ == '__main__':
    main()
