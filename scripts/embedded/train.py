"""Trains one model on the shards of generate.py. Seeded; resumes from its last checkpoint.

  python3 train.py scout --minutes 60 [--from-folder work/x/hf] [--fixed-words] [--bad-weight 1] [--lr 3e-3] [--shards 'shards/*.jsonl']
  torchrun --nproc-per-node 2 train.py scout ...      two processes that average their gradients: a batch of each is one step

One flag a row is a thin signal, so three more losses share the work: the answer's text; the kind of violation every word of
the profile belongs to, from the generator's marks, after the last layer and before it, where the flag's position can still
read it; all kinds at once at the position before the flag. Some batches hold sentences side by side (generate.py
--dense), from which only the kinds of words are learnt. The heads of these losses go from stage to stage in a file of
their own and are left out at export: the model stays a plain Qwen 2. What is kept is the moving average of the weights.
"""
import argparse
import glob
import math
import os
import random
import time

import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.utils.parametrize as parametrize
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import meaning
from model import SMALL, Decoder, Norm, load_hf, save_hf
from muon import Muon
from rows import KINDS, batches, encode, pack, prompt, read

WORK = f'{os.path.dirname(os.path.abspath(__file__))}/work'
SMOOTH, SPAN_WEIGHT, EARLY_WEIGHT, HARMLESS, KINDS_WEIGHT, CAUSE_WEIGHT = 0.03, 1.0, 0.5, 0.25, 0.4, 1.0
INPUT_SHARE = 0.2  # of the batches also learn the profile's own text


def retokenized(model, old, new):
    """(the model with the vocabulary of tokenizer `new`, the ids of tokens that both have)"""
    a, b = old.get_vocab(), new.get_vocab()
    if a == b:
        return model, list(a.values())
    fresh = Decoder({**model.c, 'vocab': new.get_vocab_size()})
    state, both = model.state_dict(), [t for t in b if t in a]
    with torch.no_grad():
        table = fresh.model.embed_tokens.weight
        table.mul_(float(state['model.embed_tokens.weight'].std()) / 0.02)
        table[[b[t] for t in both]] = state['model.embed_tokens.weight'][[a[t] for t in both]]
    fresh.load_state_dict({**state, 'model.embed_tokens.weight': table.detach()})
    return fresh, [b[t] for t in both]


@torch.no_grad()
def flag_accuracy(model, tok, rows):
    """(accuracy, recall of bad) of the flag after the forced prefix {"flag":" """
    good, bad = tok.token_to_id('good'), tok.token_to_id('bad')
    prefix = tok.encode('{"flag":"').ids
    right, hits, bads = 0, 0, 0
    for row in rows:
        h = model(torch.tensor([prompt(tok.encode(row['text'], add_special_tokens=False).ids) + prefix]))[0, -1]
        z, is_bad = model.logits(h), bool(row['kinds'])
        said = bool(z[bad] > z[good])
        right, bads, hits = right + (said == is_bad), bads + is_bad, hits + (said and is_bad)
    return round(right / len(rows), 3), round(hits / max(1, bads), 3)


class Heads(nn.Module):
    """The heads that serve in training only. early: of the layer before the last."""

    def __init__(self, width):
        super().__init__()
        self.norm = Norm(width)
        self.early, self.span, self.kinds = (nn.Linear(width, len(KINDS) + 1) for _ in range(3))
        nn.init.constant_(self.kinds.bias, -3.5)


def losses(model, heads, batch, labels, bad_weight, with_input, answers):
    """(answer, flag, span, kinds) losses of one batch. `answers`: token ids that answers consist of."""
    ids, weight, causes, spans, flag, is_bad, kinds = pack(batch, with_input)
    written = []
    hidden, rows = model(ids, written=written), torch.arange(len(batch))
    known = spans >= 0
    class_weight = torch.tensor([HARMLESS] + [1.0] * len(KINDS))
    span = torch.zeros(())
    if known.any():
        late, early = heads.span(hidden[known]), heads.early(heads.norm(written[-2][known]))
        span = F.cross_entropy(late, spans[known], weight=class_weight) + EARLY_WEIGHT * F.cross_entropy(early, spans[known], weight=class_weight)
    if int(flag[0]) == 0:  # rows of sentences, without a judgement
        return torch.zeros(()), torch.zeros(()), span, torch.zeros(())
    w, y = weight[:, 1:], ids[:, 1:]
    on = w > 0
    chosen, goal = hidden[:, :-1][on], y[on]
    # against the answers' own tokens, the batch's and some others: the whole vocabulary would cost more than the layers
    table = model.model.embed_tokens.weight
    some = torch.unique(torch.cat((answers, goal, torch.randint(0, len(table), (1024,)))))
    place = torch.zeros(len(table), dtype=torch.long)
    place[some] = torch.arange(len(some))
    of_token = F.cross_entropy(chosen @ table[some].T, place[goal], reduction='none')
    # What is wrong is said in two or three tokens of thirty: they count once more, by row.
    answer = (of_token * w[on]).sum() / w[on].sum() + CAUSE_WEIGHT * of_token[causes[:, 1:][on]].sum() / len(batch)
    last = hidden[rows, flag - 1]
    # over the whole vocabulary, so that nothing but the two labels comes up; smoothed between the two
    z = model.logits(last).log_softmax(-1)[:, labels]
    each = -(SMOOTH * z[rows, 1 - is_bad] + (1 - SMOOTH) * z[rows, is_bad])
    row_weight = torch.where(is_bad == 1, bad_weight, 1.0)
    named = F.binary_cross_entropy_with_logits(heads.kinds(last), kinds, reduction='sum') / len(batch)
    return answer, (each * row_weight).sum() / row_weight.sum(), span, named


def averaged(params, seconds):
    """Puts the mean of all processes' gradients into `params`; returns the mean of `seconds`."""
    if not dist.is_initialized():
        return seconds
    parts = [torch.zeros_like(q) if q.grad is None else q.grad for q in params]
    flat = torch.cat([g.reshape(-1) for g in parts] + [torch.tensor([seconds])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for q, g in zip(params, flat[:-1].split([q.numel() for q in params])):
        q.grad = g.view_as(q)
    return float(flat[-1])


def main():
    p = argparse.ArgumentParser()
    p.add_argument('name', help='folder under work/, with the tokenizer in hf/')
    p.add_argument('--minutes', type=float, default=60, help='of processor time of each process, so that other work on the machine changes nothing')
    p.add_argument('--lr', type=float, default=3e-3)
    p.add_argument('--muon-lr', type=float, default=3e-3)
    p.add_argument('--report', type=float, default=240)
    p.add_argument('--bad-weight', type=float, default=1.0)
    p.add_argument('--from-folder')
    p.add_argument('--fixed-words', action='store_true', help='the embedding stays as it is in --from-folder, to the bit')
    p.add_argument('--first-layer', type=int, default=0, help='layers before it stay as they are')
    p.add_argument('--seed', type=int, default=7)
    p.add_argument('--shards', default='shards/*.jsonl')
    p.add_argument('--dense', default='dense/*.jsonl', help='shards of sentences side by side (generate.py --dense)')
    p.add_argument('--dense-share', type=float, default=0.5, help='of the batches, at the beginning; falls to a fifth of it')
    p.add_argument('--first-shard', type=int, default=0, help='shards before it were seen by the model that training starts from')
    p.add_argument('--vectors', default='words.npz', help='of wordvectors.py, under work/')
    p.add_argument('--dropout', type=float, default=0.0, help='of what each half of a layer writes')
    p.add_argument('--forget', type=float, default=0.15, help='share of the known words that are read by their dictionary vector alone')
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rank, processes, home = int(os.environ.get('RANK', 0)), int(os.environ.get('WORLD_SIZE', 1)), f'{WORK}/{a.name}'
    if processes > 1:
        dist.init_process_group('gloo')
    rng, common = random.Random(a.seed + 1000 * rank), random.Random(a.seed)  # of this process; of what all must agree on
    hf = f'{home}/hf'
    tok = Tokenizer.from_file(f'{hf}/tokenizer.json')
    tok.encode_special_tokens = True  # control tokens inside a text are plain text
    table, trained = meaning.vectors(tok, f'{WORK}/{a.vectors}'), None
    if a.from_folder:
        model, trained = retokenized(load_hf(a.from_folder), Tokenizer.from_file(f'{a.from_folder}/tokenizer.json'), tok)
    else:
        model = Decoder(SMALL)
    for layer in model.model.layers:
        layer.dropout.p = a.dropout
    model.train()
    words = model.model.embed_tokens.weight.detach().clone() if a.fixed_words else None
    held = read(f'{WORK}/held.jsonl')
    answers = torch.tensor(sorted({i for e in tok.encode_batch([r['target'] for r in held]) for i in e.ids} | set(range(5))))
    meaning.attach(model, table, answers, trained, a.forget)
    if a.fixed_words:
        model.model.embed_tokens.requires_grad_(False)
    model.model.layers[:a.first_layer].requires_grad_(False)
    heads, shadow = Heads(model.c['width']), Decoder(model.c).eval()
    if a.from_folder and os.path.exists(f'{a.from_folder}/heads.safetensors'):
        heads.load_state_dict(load_file(f'{a.from_folder}/heads.safetensors'))
    params = [q for part in (model, heads) for q in part.parameters() if q.requires_grad]
    matrices = [q for q in model.model.layers.parameters() if q.dim() > 1 and q.requires_grad]
    inner = {id(q) for q in matrices}
    optimizer = torch.optim.AdamW([{'params': [q for q in params if id(q) not in inner and q.dim() > 1], 'weight_decay': 0.02},
                                   {'params': [q for q in params if q.dim() == 1], 'weight_decay': 0.0}], lr=a.lr, betas=(0.9, 0.98))
    muon = Muon(matrices, lr=a.muon_lr, weight_decay=0.02)
    optimizers = (optimizer, muon)
    state = dict(done=0.0, step=0, shard=a.first_shard, dense=a.first_shard, seen=0)  # shards: of each process
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()}
    if os.path.exists(f'{home}/last.pt'):
        saved = torch.load(f'{home}/last.pt', weights_only=True)
        for part, name in ((model, 'model'), (heads, 'heads'), (optimizer, 'optimizer'), (muon, 'muon')):
            part.load_state_dict(saved[name])
        ema, state = saved['ema'], saved['state']
        rng.seed(a.seed + 1000 * rank + state['step'])
        common.seed(a.seed + state['step'])
    torch.manual_seed(a.seed + 1000 * rank + state['step'])
    labels = [tok.token_to_id('good'), tok.token_to_id('bad')]
    began, reported, limit, sums, queues = time.process_time() - state['done'], time.process_time(), 60 * a.minutes, [0.0] * 5, {'shard': [], 'dense': []}
    print(a.name, sum(q.numel() for q in model.parameters()), 'parameters', flush=True)

    def keep():
        latest = {k: v.clone() for k, v in model.state_dict().items()}
        model.load_state_dict(ema)
        model.eval()
        merged = {**meaning.plain(ema), 'model.embed_tokens.weight': model.model.embed_tokens.weight.detach().clone() if words is None else words}
        model.load_state_dict(latest)
        model.train()
        shadow.load_state_dict(merged)
        save_hf(model, merged, hf)
        save_file({k: v.clone() for k, v in heads.state_dict().items()}, f'{hf}/heads.safetensors')
        state['done'] = time.process_time() - began
        torch.save(dict(model=model.state_dict(), heads=heads.state_dict(), optimizer=optimizer.state_dict(), muon=muon.state_dict(), ema=ema, state=state), f'{home}/next.pt')
        os.replace(f'{home}/next.pt', f'{home}/last.pt')
        means = ' '.join(f'{k} {s / max(1, sums[4]):.4f}' for k, s in zip(('answer', 'flag', 'span', 'kinds'), sums))
        print(f"{state['done'] / 60:.1f} min step {state['step']} rows {state['seen']} {means} held-out accuracy, recall {flag_accuracy(shadow, tok, held[:400])} shard {state['shard']}", flush=True)
        sums[:] = [0.0] * 5

    def next_batch(of, pattern):
        if not queues[of]:
            files = sorted(glob.glob(f'{WORK}/{pattern}'))
            at = state[of] * processes + rank
            path = files[at] if at < len(files) else rng.choice(files)
            state[of] += at < len(files)
            queues[of] = batches(encode(tok, read(path), rng), rng)
        return queues[of].pop()

    spent, finished = state['done'], state['done'] >= limit
    while spent < limit:
        part = min(1.0, spent / limit)
        sentences = common.random() < a.dense_share * (1 - 0.8 * part)
        batch = next_batch('dense', a.dense) if sentences else next_batch('shard', a.shards)
        for g, top in [(g, lr) for o, lr in ((optimizer, a.lr), (muon, a.muon_lr)) for g in o.param_groups]:
            g['lr'] = top * min(1.0, (state['step'] + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))
        with parametrize.cached():
            answer, flag, span, named = losses(model, heads, batch, labels, a.bad_weight, common.random() < INPUT_SHARE, answers)
        for o in optimizers:
            o.zero_grad()
        (0.5 * answer + flag + SPAN_WEIGHT * span + KINDS_WEIGHT * named).backward()
        spent = averaged(params, time.process_time() - began)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        for o in optimizers:
            o.step()
        state['step'], state['seen'] = state['step'] + 1, state['seen'] + processes * len(batch)
        if not sentences:
            sums = [s + v for s, v in zip(sums, (answer.item(), flag.item(), span.item(), named.item(), 1))]
        decay = min(0.998, (1 + state['step']) / (20 + state['step']))
        with torch.no_grad():
            now = model.state_dict()
            torch._foreach_lerp_([ema[k] for k in ema], [now[k] for k in ema], 1 - decay)
        if rank == 0 and time.process_time() - reported > a.report:
            keep()
            reported = time.process_time()
    if rank == 0 and not finished:
        keep()
    if processes > 1:
        dist.destroy_process_group()


if __name__ == '__main__':
    main()
