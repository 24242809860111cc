"""Rows of the generator as batches of token ids, with what each position has to learn."""
import json

import torch

from targets import CAUSE

BEGIN, USER, END, ASSISTANT, PAD = range(5)
BUDGET, LONGEST = 4000, 1700  # tokens in a batch, padding included; tokens of one profile
IN_WEIGHT, OUT_WEIGHT = 0.2, 1.0
KINDS = {k: i + 1 for i, k in enumerate(CAUSE)}  # 0: harmless
MISTAKES = {'grammar', 'spelling', 'text_speak', 'all_capitals'}


def read(path, n=None):
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for _, line in zip(range(n or 10 ** 9), lines)]


def prompt(ids):
    return [BEGIN, USER] + ids[:LONGEST] + [END, ASSISTANT]


def span_labels(encoding, marks, n):
    """Kind per text token; -1 where nothing is to be learnt: no marks known, or the first half of a marked sentence."""
    if marks is None:
        return [-1] * n
    labels = [0] * n
    for start, end, kind in marks:
        middle = start if kind in MISTAKES else (start + end) // 2
        for i, (a, b) in enumerate(encoding.offsets[:n]):
            if a < end and b > start:
                labels[i] = KINDS[kind] if b > middle else -1
                if kind in ('grammar', 'spelling') and b < end - 1:
                    labels[i] = -1  # a mistake is known at the end of its word
    return labels


def encode(tok, rows, rng):
    """[(ids, first output position, flag position, is bad, span labels, kinds, positions of the causes and tags)]"""
    texts = tok.encode_batch([r['text'] for r in rows], add_special_tokens=False)
    targets = tok.encode_batch([r['target'] or '' for r in rows], add_special_tokens=False)
    prefix = len(tok.encode('{"flag":"').ids)
    out = []
    for row, a, b in zip(rows, texts, targets):
        if row['target'] is None:  # no judgement is learnt from this one
            ids = prompt(a.ids)
            out.append((ids, len(ids), 0, False, span_labels(a, row['marks'], len(ids) - 4), [], range(0)))
            continue
        bad, reply = bool(row['kinds']), b.ids + [END]
        # the target is nearly fixed once the causes are named: most rows stop before that part, which saves time
        if bad and rng.random() < 0.6:
            cut = row['target'].index('"recommendation"') + 3
            reply = [i for i, (s, _) in zip(b.ids, b.offsets) if s < cut]
        elif not bad and rng.random() < 0.8:
            reply = reply[:prefix + 4]
        ids = prompt(a.ids)
        named = range(0)
        if bad:
            begin, end = row['target'].index('The text') + 8, row['target'].index(',"recommendation"')
            named = range(*(len(ids) + sum(e <= at for _, e in b.offsets) for at in (begin, end)))
        out.append((ids + reply, len(ids), len(ids) + prefix, bad, span_labels(a, row['marks'], len(ids) - 4), [KINDS[k] for k in row['kinds']], named))
    return out


def batches(rows, rng):
    """Rows of like length together, in random order of batches."""
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


def pack(batch, with_input):
    """For a batch all of whose rows have a judgement, or none: (ids, loss weights, is a cause or tag, span labels [batch, length]; flag positions, is bad [batch]; kinds [batch, kinds])"""
    longest = max(len(r[0]) for r in batch)
    ids, spans = torch.full((len(batch), longest), PAD), torch.full((len(batch), longest), -1)
    weight, kinds = torch.zeros(len(batch), longest), torch.zeros(len(batch), len(KINDS) + 1)
    causes = torch.zeros(len(batch), longest, dtype=torch.bool)
    for i, (row, first, at, _, labels, present, named) in enumerate(batch):
        kinds[i, present] = 1.0
        causes[i, named.start:named.stop] = True
        ids[i, :len(row)] = torch.tensor(row)
        if labels:
            spans[i, 2:2 + len(labels)] = torch.tensor(labels)
        if with_input:
            weight[i, 2:first - 2] = IN_WEIGHT
        weight[i, first:len(row)] = OUT_WEIGHT
        weight[i, at] = 0  # the flag has a loss of its own
    return ids, weight, causes, spans, torch.tensor([r[2] for r in batch]), torch.tensor([int(r[3]) for r in batch]), kinds
