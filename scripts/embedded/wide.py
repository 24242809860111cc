"""The wide generator: the frames of banks/*.txt joined to those of generate.py. The training data comes from here.

  python3 wide.py OUT.jsonl --rows 20000 --seed 1 [--held-out] [--short]

The bank files hold one frame a line, in the syntax of banks_base.py; a line that begins with '# ' names the kind of the
frames below it. Frames are divided by a hash as in generate.py: one in eight serves only with --held-out.
"""
import argparse
import difflib
import json
import os
import re
from functools import lru_cache

import banks_base as base
import generate
import grammar_errors as errors
import lexicon
from expand import MONTHS, Expander
from targets import TAG_OF, target

BANKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'banks')


def read_bank(name):
    """{heading: [frame, ...]} of one bank file."""
    out, kind = {}, None
    with open(f'{BANKS}/{name}.txt', encoding='utf-8') as lines:
        for line in lines:
            line = line.strip()
            if line.startswith('# '):
                kind = line[2:]
                out.setdefault(kind, [])
            elif line:
                out[kind].append(line)
    return out


TRADES, OFFICE, VOICES, STORIES = ([f for fs in read_bank(f'good-{n}').values() for f in fs] for n in ('trades', 'office', 'voices', 'stories'))
NEAR_BY_KIND = read_bank('near')
NEAR_BY_KIND = {k: v for k, v in NEAR_BY_KIND.items() if k in TAG_OF}
NEAR = [f for fs in NEAR_BY_KIND.values() for f in fs]
BAD = [read_bank(f'bad-{n}') for n in ('personal', 'sensitive', 'inappropriate')]
SPOILT = read_bank('bad-grammar')
SHORT = read_bank('insufficient')
SHORT['not_available'] = [part for f in SHORT['not_available'] for part in f.strip('[]').split('|')]
PRISONS = 'Barwon,Long Bay,Silverwater,Fulham,Junee,Bathurst,Casuarina,Yatala,Risdon,Wolston,the farm,a women\'s prison,youth detention'.split(',')
SOCIAL = 'Instagram,Insta,insta,IG,TikTok,tiktok,Facebook,FB,Snapchat,Snap,snap,X,Twitter,Discord,YouTube,Telegram,Threads,LinkedIn,Pinterest,Twitch,Tumblr,Reddit,WeChat,socials'.split(',')


@lru_cache(None)
def ailments():
    """Names of illnesses from the lexicon, for one's own illness and for the work with ill people alike."""
    found = {w for root in ('disease', 'mental disorder', 'nervous disorder') for w in lexicon.kinds_of(root, longest=18)}
    return sorted(w for w in found if ' disease' in w or ' disorder' in w or (' ' not in w and len(w) > 5))


class WideExpander(Expander):
    """Expander with further slots, and illnesses from the lexicon."""

    def slot(self, key):
        r, low = self.rng, key.lower()
        if low in ('illness', 'condition') and r.random() < 0.25:
            out = r.choice(ailments())
        elif low == 'call':
            out = r.choice(['ring', 'call', 'text', 'phone', 'message', 'sms', 'try', 'dial'])
        elif low == 'social':
            out = r.choice(SOCIAL)
        elif low == 'prison':
            out = r.choice(PRISONS)
        elif low == 'state':
            out = r.choice('VIC NSW QLD SA WA TAS ACT NT'.split())
        elif low == 'middle':
            out = self.name() if r.random() < 0.8 else r.choice('ABCDEFGHJKLMNPRSTW') + '.'
        elif low == 'partno':
            out = r.choice([f'{r.choice("ABCDKMPX")}{r.randint(10, 99)}-{r.randint(100, 9999)}', f'{r.randint(1000, 99999)}', f'{r.randint(100, 999)}/{r.randint(10, 99)}', f'{r.choice("ABCKTX")}{r.choice("ABCKTX")}-{r.randint(100, 999)}'])
        elif low == 'iso':
            out = r.choice([f'{r.randint(1000, 50000)}', f'{r.randint(1000, 9999)}.{r.randint(1, 9)}', f'{r.randint(1000, 9999)}:{r.randint(1998, 2022)}'])
        elif low == 'time':
            out = r.choice([f'{r.randint(1, 12)} am', f'{r.randint(1, 12)} pm', f'{r.randint(5, 11)}:{r.choice(["00", "15", "30", "45"])}', f'{r.randint(4, 22):02}{r.choice(["00", "30"])}', 'dawn', 'noon'])
        elif low == 'bignum3':
            out = str(r.randint(100, 999))
        elif low == 'date_future':
            d, m, y = r.randint(1, 28), r.randint(0, 11), r.randint(2024, 2031)
            out = r.choice([f'{d} {MONTHS[m]}', f'{d} {MONTHS[m]} {y}', f'{d}/{m + 1}/{y}', f'{MONTHS[m]} {y}', f'early {MONTHS[m]}'])
        else:
            return super().slot(key)
        return out[0].upper() + out[1:] if key[0].isupper() else out


class WideMaker(generate.Maker):
    def __init__(self, seed, held=False, short=False):
        super().__init__(seed, held, short)
        self.e = WideExpander(self.rng)

    def near(self, kind=None):
        """A sentence close to a violation; of the same kind, when one is named."""
        r = self.rng
        if kind in NEAR_BY_KIND and r.random() < 0.6:
            return self.pick(NEAR_BY_KIND[kind])
        return self.pick(NEAR if r.random() < 0.75 else getattr(generate, 'NEAR', base.NEAR))

    def body(self, at_most=99):
        r = self.rng
        if r.random() < 0.5:
            return super().body()
        style = r.choices(['trades', 'office', 'voices', 'mixed', 'stories', 'bullets'], [20, 22, 20, 18, 14, 6])[0]
        size = r.choices([1, 2, 3, 4, 5, 6, 8, 12, 18, 26], [4, 14, 26, 24, 14, 8, 5, 3, 1.5, 0.5])[0]
        if self.short:
            size = min(size, r.choice([1, 2, 2, 3, 3, 4]))
        elif r.random() < 0.006:
            size = r.randint(30, 70)
        self.e.pron = r.choice(['he', 'she'])
        out = []
        for _ in range(min(size, at_most)):
            bank = {'trades': TRADES, 'office': OFFICE, 'voices': VOICES, 'stories': STORIES}.get(style) or r.choice([TRADES, OFFICE, VOICES])
            x = r.random()
            if x < 0.2:
                out.append(self.near())
            elif x < 0.3 and style != 'bullets':
                out.append(self.plain().rstrip('.'))
            elif x < 0.46:
                out.append(self.pick(r.choice([VOICES, STORIES, STORIES])))
            elif x < 0.52:
                out.append(self.pick(r.choice([base.FIRST, base.TERSE])))
            else:
                out.append(self.pick(bank))
        if sum(len(s.split()) for s in out) < 8:
            out += [self.pick(OFFICE), self.pick(TRADES)]
        return style if style == 'bullets' else 'first', out

    def violation(self):
        if self.rng.random() < 0.4:
            return super().violation()
        bank = self.rng.choices(BAD, [34, 40, 34])[0]
        kind = self.rng.choice(list(bank))
        return [kind], self.pick(bank[kind])

    def spoilt(self):
        """A text of mistakes written whole, as people make them; sometimes one more of the errors of syntax."""
        r = self.rng
        kind = r.choices(list(SPOILT), [60, 22, 18])[0]
        text = self.pick(SPOILT[kind])
        if kind != 'text_speak':
            text = generate.stop(generate.cap(text))
            if r.random() < 0.35:
                text = text + ' ' + generate.stop(generate.cap(errors.grammar(r, self.pick(r.choice([base.FIRST, VOICES]))) or 'I am try my best'))
        kinds = [kind]
        if r.random() < 0.3:
            text = (errors.spelling(r, text, self.common) or text)
            kinds += ['spelling'] if kind == 'grammar' else []
        if r.random() < 0.2:
            text = errors.careless(r, text)
        return text, kinds

    def insufficient(self):
        r = self.rng
        x = r.random()
        if x < 0.5:
            return super().insufficient()
        if x < 0.58:
            return ['not_available'], self.case_noise(r.choice(generate.frames(SHORT['not_available'], self.held)))
        if x < 0.84:
            text = self.pick(SHORT['too_short'])
            if r.random() < 0.25:
                text = generate.stop(text) + ' ' + self.pick(SHORT['too_short'])
            return ['too_short'], self.case_noise(text)
        kinds, s = self.violation()
        if len(s.split()) > 10:
            return ['too_short'], self.case_noise(self.pick(SHORT['too_short']))
        return kinds + ['too_short'], generate.stop(generate.cap(s))

    def tiny_good(self):
        """Short and still enough: a trade, how long, a ticket."""
        r = self.rng
        parts = [self.pick(r.choice([base.TERSE, TRADES, OFFICE])) for _ in range(r.choice([1, 2, 2]))]
        text = ' '.join(generate.stop(generate.cap(p)) for p in parts)
        return text if len(text.split()) >= 6 else self.e.expand('{Job}, {yrs}. ') + ' ' + text

    def spoil(self, text):
        """(text, kinds, marks) with several mistakes, or None; the marks are the changed words."""
        spoilt = errors.corrupt(self.rng, text, self.common)
        if not spoilt:
            return None
        new, kinds = spoilt
        if kinds == ['all_capitals']:
            return new, kinds, [[0, len(new), 'all_capitals']]
        return new, kinds, changed_words(text, new, kinds)

    def rows(self):
        """One to three rows (text, kinds, marks): a profile alone, or with its twins that have one violation more.

        marks: [start, end, kind] of the characters that hold each violation; None where that is not known.
        """
        r = self.rng
        x = r.random()
        if x < 0.08:
            kinds, text = self.insufficient()
            return [(text, kinds, None)]
        if x < 0.115:
            text, kinds = self.spoilt()
            return [(text, kinds, [[len(text) // 3, len(text), kinds[0]]])]
        if x < 0.135:
            return [(self.tiny_good(), [], [])]
        style, parts = self.body(99 if x > 0.25 else 5)
        if r.random() < 0.2:
            parts = [self.replace_words(p) for p in parts]
        violations = [self.violation() for _ in range(2 if r.random() < 0.12 else 1)]
        if r.random() < 0.2:
            parts.insert(r.randint(0, len(parts)), self.near(violations[0][0][0]))
        good = self.clean(self.layout(style, parts))
        out = []
        y = r.random()
        if y < 0.68:
            slipped = r.random() < 0.09 and len(good.split()) > 20
            out.append((errors.slip(r, good, self.common) if slipped else good, [], []))
        if y > 0.45 and y < 0.9:
            new = list(parts)
            if len(new) > 2 and r.random() < 0.4:
                new.pop(r.randrange(len(new)))
            for _, s in violations:
                new.insert(r.choice([len(new), r.randint(0, len(new)), r.randint(0, len(new))]), s)
            text, kinds = self.clean(self.layout(style, new)), [k for ks, _ in violations for k in ks]
            marks = [find(text, s, ks[0]) for ks, s in violations]
            spoilt = self.spoil(text) if r.random() < 0.08 else None
            if spoilt:
                text, kinds, marks = spoilt[0], kinds + spoilt[1], [None]
            out.append((text, kinds, None if None in marks else marks))
        if y > 0.84 or y < 0.06:
            words = good.split(' ')
            text = good if len(words) <= 60 else generate.stop(' '.join(words[: r.randint(25, 60)]).rstrip(',;.'))
            spoilt = self.spoil(text)
            if spoilt:
                out.append(spoilt)
        return out


def find(text, sentence, kind):
    """[start, end, kind] of a sentence in a text that may have changed its first letter, or None."""
    at = text.lower().find(sentence.lower().rstrip('.!? '))
    return None if at < 0 else [at, at + len(sentence), kind]


def changed_words(old, new, kinds):
    """Marks of the words of `new` that differ from `old`; where a word is missing, the word after the gap."""
    a, spots = old.lower().replace("'", '').split(), list(re.finditer(r'\S+', new))
    b = [m[0].lower().replace("'", '') for m in spots]
    marks = []
    for tag, _, _, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != 'equal':
            marks += [[m.start(), m.end(), kinds[0]] for m in spots[j1:max(j2, j1 + 1)]]
    return marks


def stream(seed, held=False, short=False):
    maker = WideMaker(seed, held, short)
    while True:
        for text, kinds, marks in maker.rows():
            if text.strip():
                gap = len(text) - len(text.lstrip())
                marks = marks and [[max(0, a - gap), max(0, b - gap), k] for a, b, k in marks]
                yield {'text': text.strip(), 'kinds': kinds, 'target': target(kinds), 'marks': marks}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out')
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--held-out', action='store_true')
    parser.add_argument('--short', action='store_true')
    a = parser.parse_args()
    rows = stream(a.seed, a.held_out, a.short)
    with open(a.out, 'w', encoding='utf-8') as f:
        for _ in range(a.rows):
            f.write(json.dumps(next(rows), ensure_ascii=False) + '\n')


if __name__ == '__main__':
    main()
