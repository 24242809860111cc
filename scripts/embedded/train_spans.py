"""Trains one model with a second loss: what each word of the profile is (harmless, or the kind of violation it belongs to).

  python3 train_spans.py scout --minutes 60 [--from-folder work/x/hf] [--bad-weight 1] [--lr 2e-3] [--out NAME]

One flag a row is a thin signal; the marks of wide.py say where each violation stands, so every row teaches dozens of
positions. The head that reads them is dropped at export: the model stays a plain Llama. Seeded; resumes from last.pt.
"""
import argparse
import glob
import json
import math
import os
import random
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import SIZES, Llama, load_hf, save_hf
from targets import CAUSE
from train import ASSISTANT, BEGIN, END, PAD, USER, dev_rows, flag_accuracy, read

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = f'{HERE}/work'
KINDS = {k: i + 1 for i, k in enumerate(CAUSE)}  # 0: harmless
BUDGET, LONGEST = 4000, 1700  # tokens in a batch, padding included; tokens of one profile
SMOOTH, IN_WEIGHT, OUT_WEIGHT, SPAN_WEIGHT, HARMLESS = 0.03, 0.2, 1.0, 1.0, 0.25
INPUT_SHARE = 0.15  # of the batches also learn the profile's own text
FOUND = {'grammar': 1, 'spelling': 1, 'text_speak': 1, 'all_capitals': 1}


def span_labels(encoding, marks, n):
    """Kind per text token; -1 where nothing is to be learnt (the first half of a marked sentence, or no marks at all)."""
    if marks is None:
        return [-1] * n
    labels = [0] * n
    for start, end, kind in marks:
        middle = start if kind in FOUND else (start + end) // 2
        for i, (a, b) in enumerate(encoding.offsets[:n]):
            if a < end and b > start:
                labels[i] = KINDS[kind] if b > middle else -1
                if kind in ('grammar', 'spelling') and b < end - 1:
                    labels[i] = -1  # a mistake is known at the end of its word
    return labels


def encode(tok, rows, rng):
    """[(ids, first output position, flag position, is bad, span labels)]"""
    texts = tok.encode_batch([r['text'] for r in rows], add_special_tokens=False)
    targets = tok.encode_batch([r['target'] for r in rows], add_special_tokens=False)
    prefix = len(tok.encode('{"flag":"').ids)
    out = []
    for row, a, b in zip(rows, texts, targets):
        bad, reply = bool(row['kinds']), b.ids + [END]
        # the target is nearly fixed once the causes are named: most rows stop before that part, which saves time
        if bad and rng.random() < 0.6:
            cut = row['target'].index('"recommendation"') + 3
            reply = [i for i, (s, _) in zip(b.ids, b.offsets) if s < cut]
        elif not bad and rng.random() < 0.8:
            reply = reply[:prefix + 4]
        text = a.ids[:LONGEST]
        ids = [BEGIN, USER] + text + [END, ASSISTANT]
        out.append((ids + reply, len(ids), len(ids) + prefix, bad, span_labels(a, row.get('marks'), len(text))))
    return out


def batches(rows, rng):
    rows = sorted(rows, key=lambda r: len(r[0]) + rng.random() * 8)
    out, batch = [], []
    for row in rows:
        if batch and (len(row[0]) * (len(batch) + 1) > BUDGET or len(batch) >= 64):
            out.append(batch)
            batch = []
        batch.append(row)
    out.append(batch)
    rng.shuffle(out)
    return out


def pack(batch, bad_weight, with_input):
    longest = max(len(r[0]) for r in batch)
    ids, spans = torch.full((len(batch), longest), PAD), torch.full((len(batch), longest), -1)
    weight = torch.zeros(len(batch), longest)
    for i, (row, first, at, bad, labels) in enumerate(batch):
        ids[i, :len(row)] = torch.tensor(row)
        spans[i, 2:2 + len(labels)] = torch.tensor(labels) if labels else spans[i, :0]
        if with_input:
            weight[i, 2:first - 2] = IN_WEIGHT
        weight[i, first:len(row)] = OUT_WEIGHT
        weight[i, at] = 0  # the flag has a loss of its own
    flag = torch.tensor([r[2] for r in batch])
    is_bad = torch.tensor([int(r[3]) for r in batch])
    return ids, weight, spans, flag, is_bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument('name')
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--lr', type=float, default=2e-3)
    p.add_argument('--bad-weight', type=float, default=1.0)
    p.add_argument('--from-folder')
    p.add_argument('--out')
    p.add_argument('--seed', type=int, default=7)
    p.add_argument('--shards', default='shards/w*.jsonl')
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    home = f'{WORK}/{a.out or a.name}'
    hf = f'{home}/hf'
    os.makedirs(hf, exist_ok=True)
    tok = Tokenizer.from_file(f'{hf}/tokenizer.json')
    tok.encode_special_tokens = True  # control tokens inside a text are plain text
    model = load_hf(a.from_folder).train() if a.from_folder else Llama(SIZES[a.name])
    head = nn.Linear(model.c['width'], len(KINDS) + 1)
    params = list(model.parameters()) + list(head.parameters())
    groups = [{'params': [q for q in params if q.dim() > 1], 'weight_decay': 0.02}, {'params': [q for q in params if q.dim() == 1], 'weight_decay': 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=a.lr, betas=(0.9, 0.98))
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()}
    done, step, shard, seen = 0.0, 0, 0, 0
    if os.path.exists(f'{home}/last.pt'):
        saved = torch.load(f'{home}/last.pt', weights_only=True)
        model.load_state_dict(saved['model'])
        head.load_state_dict(saved['head'])
        optimizer.load_state_dict(saved['optimizer'])
        ema, done, step, shard, seen = saved['ema'], saved['done'], saved['step'], saved['shard'], saved['seen']
        rng.seed(a.seed + step)
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    held, dev = read(f'{WORK}/held-wide.jsonl', 300), dev_rows()
    began, last_report, limit = time.time() - done, time.time(), 60 * a.minutes
    queue, sums, shadow = [], [0.0, 0.0, 0.0, 0], Llama(model.c)
    spans_weight = torch.tensor([HARMLESS] + [1.0] * len(KINDS))
    print(a.name, sum(q.numel() for q in model.parameters()), 'parameters', flush=True)

    def keep():
        shadow.load_state_dict(ema)
        shadow.eval()
        f = [round(x, 3) for x in (*flag_accuracy(shadow, tok, held), *(flag_accuracy(shadow, tok, dev) if dev else ()))]
        save_hf(model, ema, hf)
        torch.save(dict(model=model.state_dict(), head=head.state_dict(), optimizer=optimizer.state_dict(), ema=ema, done=time.time() - began, step=step, shard=shard, seen=seen), f'{home}/last.pt')
        n = max(1, sums[3])
        print(f'{(time.time() - began) / 60:.1f} min step {step} rows {seen} out {sums[0] / n:.3f} flag {sums[1] / n:.4f} span {sums[2] / n:.4f} [held acc, recall, dev acc, recall] {f} shard {shard}', flush=True)
        sums[:] = [0.0, 0.0, 0.0, 0]

    while time.time() - began < limit:
        if not queue:
            files = sorted(glob.glob(f'{WORK}/{a.shards}'))
            path = files[shard] if shard < len(files) else rng.choice(files)
            shard += shard < len(files)
            queue = batches(encode(tok, read(path), rng), rng)
        batch = queue.pop()
        ids, weight, spans, flag, is_bad = pack(batch, a.bad_weight, rng.random() < INPUT_SHARE)
        part = min(1.0, (time.time() - began) / limit)
        lr = a.lr * min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))
        for g in optimizer.param_groups:
            g['lr'] = lr
        hidden = model(ids)
        w, y = weight[:, 1:], ids[:, 1:]
        on = w > 0
        loss = (F.cross_entropy(model.logits(hidden[:, :-1][on]), y[on], reduction='none') * w[on]).sum() / w[on].sum()
        rows = torch.arange(len(batch))
        z = model.logits(hidden[rows, flag - 1])
        # over the whole vocabulary, so that nothing but the two labels comes up; smoothed between the two
        z = z.log_softmax(-1)[:, [good, bad]]
        each = -(SMOOTH * z[rows, 1 - is_bad] + (1 - SMOOTH) * z[rows, is_bad])
        row_weight = torch.where(is_bad == 1, a.bad_weight, 1.0)
        flag_loss = (each * row_weight).sum() / row_weight.sum()
        known = spans >= 0
        span_loss = F.cross_entropy(head(hidden[known]), spans[known], weight=spans_weight) if known.any() else torch.zeros(())
        total = 0.5 * loss + flag_loss + SPAN_WEIGHT * span_loss
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(batch)
        for i, v in enumerate((loss.item(), flag_loss.item(), span_loss.item(), 1)):
            sums[i] += v
        decay = min(0.998, (1 + step) / (20 + step))
        with torch.no_grad():
            state = model.state_dict()
            names = list(ema)
            torch._foreach_lerp_([ema[k] for k in names], [state[k] for k in names], 1 - decay)
        if time.time() - last_report > 240:
            keep()
            last_report = time.time()
    keep()


if __name__ == '__main__':
    main()
