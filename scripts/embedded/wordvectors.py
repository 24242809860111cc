"""Vectors of English words from the distribution's dictionaries: words that mean alike lie close, whether or not a bank holds them.

  python3 wordvectors.py OUT.npz      writes words [n] and vectors [n, WIDTH] (float32, rows of length 1)

Three tables of positive pointwise mutual information side by side, then a truncated SVD (Levy and Goldberg 2014): neighbours
in the text of definitions, examples and sentence frames; foreign words that translate a word; WordNet's synsets above a word.
Read: wordnet-base (WordNet licence), dict-gcide (GPL 3), trans-de-en (GPL 2) and some dict-freedict-eng-* (GPL). Nothing of their
text is shipped.
"""
import gzip
import os
import re
import sys
from collections import Counter, defaultdict

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

import lexicon
from banks import every

SHARE = os.environ.get('DICTIONARIES', '/usr/share')
WIDTH, WINDOW, KEPT = 256, 5, 42000
LANGUAGES = ('hun', 'ell', 'jpn', 'pol', 'por', 'nld', 'fra', 'spa', 'swe', 'ita', 'rus')
POS = ('noun', 'verb', 'adj', 'adv')
WORD = re.compile(r"[a-z]+")


def words_in(text):
    return WORD.findall(text.lower().replace("'s", ' s'))


def wordnet():
    """{offset+pos: (lemmas, [parents], gloss, lexname number)}"""
    out = {}
    for pos, letter in zip(POS, 'nvar'):
        for line in lexicon._read(f'data.{pos}'):
            head, _, gloss = line.partition('|')
            part = head.split()
            n = int(part[3], 16)
            lemmas = [part[4 + 2 * i].lower().replace('_', ' ').split('(')[0] for i in range(n)]
            at = 4 + 2 * n
            parents = []
            for i in range(int(part[at])):
                symbol, offset, p = part[at + 1 + 4 * i: at + 4 + 4 * i]
                if symbol in ('@', '@i', '&', '+', ';c', '\\', '*', '$', '!'):
                    parents.append((symbol, offset + ('a' if p == 's' else p)))
            out[part[0] + letter] = (lemmas, parents, gloss.strip(), part[1])
    return out


def dictd(name):
    path = f'{SHARE}/dictd/{name}.dict.dz'
    return gzip.open(path, 'rt', encoding='utf-8', errors='ignore').read() if os.path.exists(path) else ''


def gcide():
    """(headword, text) of every entry, without etymologies and sources."""
    for entry in re.split(r'\n(?=\S)', dictd('gcide')):
        head = re.match(r'([A-Za-z][a-z -]+?) *\\', entry)
        if head:
            body = re.sub(r'\[[^\]]*\]|\\[^\\]*\\|\([^)]{0,40}\)', ' ', entry[head.end():])
            yield head[1].lower(), re.sub(r'\s+', ' ', body)


def german():
    """[(English text, German words)] of every sense of every entry."""
    with open(f'{SHARE}/trans/de-en', encoding='utf-8') as lines:
        for line in lines:
            if '::' not in line or line.startswith('#'):
                continue
            left, right = line.split('::')[:2]
            for a, b in zip(left.split('|'), right.split('|')):
                a, b = (re.sub(r'\{[^}]*\}|\[[^\]]*\]', ' ', s) for s in (a, b))
                yield b, re.findall(r'[a-zäöüß]{4,}', a.lower())


def lemma_table():
    """{inflected form: lemma}, from WordNet's exceptions and the regular endings of its words."""
    known = {pos: {line.split()[0] for line in lexicon._read(f'index.{pos}')} for pos in POS}
    table = {}
    for pos in POS[:3]:
        for line in lexicon._read(f'{pos}.exc'):
            part = line.split()
            table.setdefault(part[0], part[1])
    def lemma(w):
        if w in table:
            return table[w]
        for pos, rules in (('noun', (('ies', 'y'), ('es', ''), ('s', ''))), ('verb', (('ies', 'y'), ('ied', 'y'), ('ing', ''), ('ing', 'e'), ('ed', ''), ('ed', 'e'), ('es', ''), ('s', '')))):
            for end, new in rules:
                if w.endswith(end) and len(w) - len(end) > 2:
                    stem = w[:-len(end)] + new
                    if stem in known[pos]:
                        return stem
                    if pos == 'verb' and end in ('ing', 'ed') and not new and stem[-1:] == stem[-2:-1] and stem[:-1] in known[pos]:
                        return stem[:-1]
        # British spelling
        for a, b in (('isation', 'ization'), ('ise', 'ize'), ('ising', 'izing'), ('ised', 'ized'), ('our', 'or'), ('tre', 'ter')):
            if w.endswith(a) and any(w[:-len(a)] + b in k for k in known.values()):
                return w[:-len(a)] + b
        return w
    return lemma


def ppmi(counts, smooth=0.75, shift=0.0):
    """Positive pointwise mutual information of a sparse table of counts."""
    m = counts.tocoo()
    total = m.data.sum()
    row = np.asarray(counts.sum(1)).ravel()
    column = np.asarray(counts.sum(0)).ravel() ** smooth
    column = column / column.sum()
    value = np.log(m.data / total) - np.log(row[m.row] / total) - np.log(column[m.col]) - shift
    keep = value > 0
    return sp.csr_matrix((value[keep], (m.row[keep], m.col[keep])), shape=m.shape)


def table(pairs, rows):
    """Sparse counts from {(row word, context): weight}."""
    columns, r, c, d = {}, [], [], []
    for (w, x), n in pairs.items():
        if w in rows:
            r.append(rows[w]); c.append(columns.setdefault(x, len(columns))); d.append(n)
    return sp.csr_matrix((np.array(d, dtype=np.float64), (r, c)), shape=(len(rows), len(columns)))


def neighbours(texts, rows):
    ids_of = rows.get
    keys, weights = [], []
    n = len(rows)
    acc = sp.csr_matrix((n, n))
    def flush():
        nonlocal acc, keys, weights
        if keys:
            k = np.concatenate(keys); w = np.concatenate(weights)
            u, inverse = np.unique(k, return_inverse=True)
            acc = acc + sp.csr_matrix((np.bincount(inverse, w), (u // n, u % n)), shape=(n, n))
        keys, weights = [], []
    size = 0
    flat, bounds = [], []
    for t in texts:
        flat.extend(ids_of(w, -1) for w in words_in(t)); flat.extend([-1] * WINDOW)
        if len(flat) > 2_000_000:
            count_flat(flat, n, keys, weights); flush(); flat = []
    count_flat(flat, n, keys, weights); flush()
    return acc


def count_flat(flat, n, keys, weights):
    a = np.array(flat, dtype=np.int64)
    for d in range(1, WINDOW + 1):
        x, y = a[:-d], a[d:]
        ok = (x >= 0) & (y >= 0)
        x, y = x[ok], y[ok]
        for k in (x * n + y, y * n + x):
            keys.append(k); weights.append(np.full(len(k), 1.0 / d))


def main():
    net, lemma = wordnet(), lemma_table()
    texts = []
    for lemmas, _, gloss, _ in net.values():
        texts.append(' '.join(lemmas) + ' ' + gloss)
    for head, body in gcide():
        texts.append(f'{head} {body}')
    pairs = defaultdict(float)
    for english, foreign in german():
        texts.append(english)
        seen = set(words_in(english))
        if len(seen) <= 8:
            for w in seen:
                for x in foreign:
                    pairs[(lemma(w), 'de ' + x)] += 1 / len(seen)
    for code in LANGUAGES:
        head = None
        for line in dictd(f'freedict-eng-{code}').split('\n'):
            m = re.match(r"([A-Za-z][A-Za-z' -]*?) /", line)
            if m:
                head = m[1].lower()
            elif head and line.strip():
                for x in re.findall(r'[^\W\d_]{2,}' if code == 'jpn' else r'[^\W\d_]{4,}', line.lower()):
                    parts = head.split()
                    for w in parts:
                        pairs[(lemma(w), f'{code} {x}')] += 1 / len(parts)
    frames = []
    for folder in ('good', 'near', 'violation', 'spoilt', 'correct', 'short'):
        for frame in every(folder, False):
            flat = re.sub(r'\{[^}]*\}', ' ', frame)
            frames += [re.sub(r'\[([^]]*)\]', lambda m: m[1].split('|')[i % (m[1].count('|') + 1)], flat) for i in range(4)]
    texts += frames
    count = Counter(w for t in texts for w in words_in(t))
    kept = [w for w, _ in count.most_common(KEPT) if len(w) > 1 or w in 'ai']
    rows = {w: i for i, w in enumerate(kept)}
    print(len(texts), 'texts', sum(count.values()), 'words', flush=True)
    near = ppmi(neighbours(texts, rows), shift=0.5)
    print('neighbours', near.nnz, flush=True)
    lemmas = {w: lemma(w) for w in kept}
    of_lemma = defaultdict(list)
    for w, l in lemmas.items():
        of_lemma[l].append(w)
    tongues = defaultdict(float)
    for (l, x), v in pairs.items():
        for w in of_lemma.get(l, ()):
            tongues[(w, x)] += v
    tongue = ppmi(table(tongues, rows))
    print('translations', tongue.nnz, flush=True)
    above = defaultdict(float)
    for pos, letter in zip(POS, 'nvar'):
        for line in lexicon._read(f'index.{pos}'):
            part = line.split()
            word = part[0]
            if word not in of_lemma:
                continue
            senses = part[-int(part[2]):]
            for rank, offset in enumerate(senses[:6]):
                weight, level, key = 1 / (1 + rank), [offset + letter], offset + letter
                for depth in range(5):
                    nxt = []
                    for key in level:
                        for w in of_lemma[word]:
                            above[(w, key)] += weight * 0.7 ** depth
                        if depth == 0:
                            for w in of_lemma[word]:
                                above[(w, 'lex' + net[key][3])] += weight
                        nxt += [p for s, p in net[key][1] if s in ('@', '@i') or (depth == 0)]
                    level = nxt[:6]
    synset = ppmi(table(above, rows))
    print('synsets', synset.nnz, flush=True)
    parts = []
    for m, weight in ((near, 1.0), (tongue, 0.8), (synset, 0.8)):
        norm = np.sqrt(m.multiply(m).sum() / max(1, (m.getnnz(1) > 0).sum()))
        parts.append(m * (weight / norm))
    big = sp.hstack(parts).tocsr()
    u, s, _ = randomized_svd(big, WIDTH, n_iter=3, random_state=0)
    v = (u * s ** 0.5).astype(np.float32)
    v -= v.mean(0)
    v /= np.linalg.norm(v, axis=1, keepdims=True) + 1e-9
    np.savez(sys.argv[1], words=np.array(kept), vectors=v, counts=np.array([count[w] for w in kept]))
    for w in 'epilepsy insulin parole mosque idiot welder flare rounds hospitals monday liberal labor pregnant tattoo wheelchair stepdaughter blokes whinge acquitted grumpy blind bankrupt hijab invoice'.split():
        if w in rows:
            close = np.argsort(-v @ v[rows[w]])[1:11]
            print(w, [kept[i] for i in close])


if __name__ == '__main__':
    main()
