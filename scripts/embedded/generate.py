"""Synthetic profiles with their judgement, seeded and compositional. No text from the web and none from the evaluation sets.

  python3 generate.py OUT.jsonl --rows 20000 --seed 1 [--held-out] [--joined 0.08 | --long | --dense]

A row: {"text", "kinds", "target", "marks"}. marks: [start, end, kind] of the characters that hold each violation, or null
where that is not known. With --held-out every sentence comes from a held-out frame (banks.py). With --long: the same
violations in a short text and at the start, in the middle and at the end of a long one, and the long text without them.
With --joined: that share of the rows are long, made of several profiles. With --dense: sentences of all kinds side by side,
every one marked, without a judgement (target null): one profile has a violation or two among harmless sentences, and a model
that sees only profiles meets few of them.
"""
import argparse
import json
import math

from banks import every
from profiles import LEFT_OUT, Maker, cap, stop, unmark
from targets import TAG_OF, target


def joined(maker):
    """Up to two rows (text, kinds, marks) of a hundred to some 1,200 words: harmless profiles and sentences, with a violation somewhere and without."""
    r, parts, bad = maker.rng, [], None
    goal = math.exp(r.uniform(math.log(100), math.log(1000)))
    while sum(len(p.split()) for p in parts) < goal or not bad:
        if r.random() < 0.4:
            style, sentences = maker.body()
            parts.append(maker.layout(style, sentences))
            continue
        for text, kinds, marks in maker.rows():
            if not kinds:
                parts.append(text.strip())
            elif marks and TAG_OF[kinds[0]] != 'insufficient_content':
                bad = text, kinds, marks
    x = r.random()
    if x < 0.3:
        kind, sentence = maker.violation()
        text, marks = unmark(stop(cap(sentence)), [kind])
        bad = text, [kind], marks
    elif x < 0.6:  # mistakes are what is lost most easily in a long text
        text, kinds = maker.spoilt()
        bad = maker.spoil(maker.layout(*maker.body(5))) if r.random() < 0.5 else None
        bad = bad or (text, kinds, [[len(text) // 3, len(text), kinds[0]]])
    if sum(len(p.split()) for p in parts) > 1150:
        return []
    gap = r.choice([' ', ' ', '\n', '\n\n'])
    at = r.randint(0, len(parts))
    before = gap.join(parts[:at] + [''])
    text, kinds, marks = bad
    spoilt = (gap.join([*parts[:at], text, *parts[at:]]), kinds, marks and [[a + len(before), b + len(before), k] for a, b, k in marks])
    harmless = (gap.join(parts), [], [])
    if r.random() < 0.5:
        return [spoilt, harmless]
    return [spoilt] if r.random() < 0.5 else [harmless]


def stream(seed, held=False, long_share=0.0):
    maker = Maker(seed, held)
    while True:
        for text, kinds, marks in joined(maker) if long_share and maker.rng.random() < long_share else maker.rows():
            gap = len(text) - len(text.lstrip())
            if text.strip():
                marks = marks and [[max(0, a - gap), max(0, b - gap), k] for a, b, k in marks]
                yield {'text': text.strip(), 'kinds': kinds, 'target': target(kinds), 'marks': marks}


def long_rows(seed, held, words=(600, 850)):
    """Endless rows in fives of one violation: 'group' is short, start, middle, end or none. None exceeds the 1,500 tokens that a model reads."""
    maker = Maker(seed, held)
    while True:
        kind, violation = maker.violation()
        parts, goal = [], maker.rng.randint(*words)
        while sum(len(p.split()) for p in parts) < goal:
            parts += [p for p in maker.body(5)[1] if '\n' not in p]
        places = {'short': (parts[:3], 2), 'start': (parts, 0), 'middle': (parts, len(parts) // 2), 'end': (parts, len(parts))}
        for group, (body, at) in places.items():
            text, marks = unmark(maker.clean(maker.layout('mixed', [*body[:at], violation, *body[at:]])), [kind])
            yield {'text': text.strip(), 'kinds': [kind], 'target': target([kind]), 'marks': None, 'group': group}
        yield {'text': maker.clean(maker.layout('mixed', parts)).strip(), 'kinds': [], 'target': target([]), 'marks': [], 'group': 'none'}


def dense_rows(seed, held, size=(4, 9)):
    """Endless rows {text, marks} of unrelated sentences, nearly half of them violations."""
    maker = Maker(seed, held)
    r = maker.rng
    while True:
        text, marks = '', []
        maker.e.pron = r.choice(['he', 'she'])
        for _ in range(r.randint(*size)):
            x, kind, mistakes = r.random(), None, []
            if x < 0.45:
                kind, sentence = maker.violation()
                sentence = LEFT_OUT.sub('', sentence)
            elif x < 0.7:
                sentence = maker.near()
            elif x < 0.8:
                sentence = maker.pick(every('good', held))
            elif x < 0.86:
                sentence = maker.pick(every('correct', held))
            elif x < 0.92:
                sentence, kinds = maker.spoilt()
                kind = kinds[0]
            else:
                spoilt = maker.spoil(stop(cap(maker.pick(every('good', held)))))
                if not spoilt:
                    continue
                sentence, _, mistakes = spoilt
                gap = len(text) + (1 if text else 0)
                marks += [[gap + a, gap + b, k] for a, b, k in mistakes]
            sentence = sentence if kind == 'text_speak' or mistakes else stop(cap(sentence))
            text += ('' if not text else '\n' if r.random() < 0.1 else ' ')
            if kind:
                start = len(text) + (len(sentence) // 3 if TAG_OF[kind] == 'poor_grammar' else 0)
                marks.append([start, len(text) + len(sentence), kind])
            text += sentence
        yield {'text': text, 'kinds': sorted({k for _, _, k in marks}), 'target': None, 'marks': marks}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out')
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--held-out', action='store_true')
    parser.add_argument('--joined', type=float, default=0.0)
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--dense', action='store_true')
    a = parser.parse_args()
    rows = long_rows(a.seed, a.held_out) if a.long else dense_rows(a.seed, a.held_out) if a.dense else stream(a.seed, a.held_out, a.joined)
    with open(a.out, 'w', encoding='utf-8') as f:
        for _ in range(a.rows):
            f.write(json.dumps(next(rows), ensure_ascii=False) + '\n')


if __name__ == '__main__':
    main()
