"""Synthetic profiles with their judgement, seeded and compositional. No text from the web and none from the evaluation sets.

  python3 generate.py OUT.jsonl --rows 1000 --seed 1 [--held-out]

Frames are divided by a hash: one in eight is held out, used with --held-out only (every sentence of such a row comes from a held-out frame).
"""
import argparse
import json
import random
import re
import zlib

import banks_bad as bad
import banks_base as base
import banks_more as more
import grammar_errors as errors
import lexicon
from expand import Expander
from targets import target

SPLIT = {}


def frames(bank, held):
    key = (id(bank), held)
    if key not in SPLIT:
        kept = [f for f in bank if (zlib.crc32(f.encode()) % 8 == 0) == held]
        SPLIT[key] = kept or bank
    return SPLIT[key]


FILLER = None


def filler(held):
    global FILLER
    if FILLER is None:
        FILLER = lexicon.sentences()
    return frames(FILLER, held)


VOICES = {'first': base.FIRST, 'terse': base.TERSE, 'third': base.THIRD, 'slang': base.SLANG, 'essay': base.ESSAY, 'bullets': base.BULLETS, 'resume': base.RESUME,
          'plain': more.PLAIN, 'family': more.FAMILY + base.FIRST[:20], 'senior': more.SENIOR + base.ESSAY, 'daily': more.DAILY}
NEAR = base.NEAR + more.NEAR2
FIRST = base.FIRST + more.PLAIN[:12] + more.DAILY
BAD = [{k: v + more.MORE[k] for k, v in bank.items()} for bank in (bad.PERSONAL, bad.SENSITIVE, bad.INAPPROPRIATE)]


def cap(s):
    return s[0].upper() + s[1:]


def stop(s):
    return s if s[-1] in '.!?' else s + '.'


class Maker:
    def __init__(self, seed, held=False, short=False):
        self.rng = random.Random(seed)
        self.held, self.short = held, short
        self.e = Expander(self.rng)
        self.common = frozenset(self.e.common['noun']) | frozenset(self.e.common['verb']) | frozenset(self.e.common['adj'])

    def pick(self, bank):
        return self.e.expand(self.rng.choice(frames(bank, self.held)))

    def plain(self):
        """A grammatical sentence of dictionary words."""
        r = self.rng
        if r.random() < 0.8:
            return self.mine(r.choice(filler(self.held)))
        return self.e.expand(r.choice(['The {noun} {thirdverb} a {adj} {noun}', 'We {past} the {nouns} {adv}', 'I {past} a {noun} and {past} it', 'A {adj} {noun} is a {adj} {noun}', 'They {verb} {nouns} when the {noun} {thirdverb}', 'My {noun} was {adj} and the {nouns} were {adj}', 'Nobody {past} the {adj} {nouns}', 'There were {n} {nouns} in the {noun}', 'If I {verb}, I {verb} {adv}', '{Adj} {nouns} need {adj} {nouns}']))

    def mine(self, s):
        """An example sentence, half the time put into the first person."""
        r = self.rng
        if r.random() < 0.55 and re.match(r'(He|She|They) [a-z]+(ed|t|ew|aw|ld|nt) ', s):
            s = re.sub(r'^(He|She|They)\b', 'I', s)
            s = re.sub(r'\b(his|her|their)\b', 'my', s)
            s = re.sub(r'\b(himself|herself|themselves)\b', 'myself', s)
        elif r.random() < 0.2:
            s = re.sub(r'^(He|She)\b', self.e.name(), s)
        return s

    def body(self):
        """(style, sentences) of a harmless profile; sentences without final stops."""
        r = self.rng
        style = r.choices(['first', 'terse', 'third', 'slang', 'essay', 'bullets', 'resume', 'mixed', 'plain', 'family', 'senior', 'daily', 'open'], [9, 12, 7, 7, 8, 8, 6, 5, 9, 7, 8, 16, 40])[0]
        size = r.choices([1, 2, 3, 4, 5, 6, 8, 12, 18], [3, 12, 24, 24, 16, 9, 7, 3, 1])[0]
        if self.short:
            size = min(size, r.choice([1, 2, 2, 3, 3, 4]))
        if style in ('terse', 'bullets'):
            size = max(size, 2) + r.randint(0, 2)
        self.e.pron = r.choice(['he', 'she'])
        out = []
        dense = r.random() < 0.45
        for _ in range(size):
            bank = VOICES.get(style) or r.choice([base.FIRST, base.TERSE, base.ESSAY, base.SLANG, base.RESUME])
            x = r.random()
            if style == 'open' and x < 0.75:
                out.append(self.plain().rstrip('.'))
            elif x < 0.2 and style != 'bullets':
                near = self.pick(NEAR)
                out.append(self.opened(near) if r.random() < 0.18 else near)
            elif x < (0.6 if dense else 0.26) and style not in ('bullets', 'terse'):
                out.append(self.plain().rstrip('.'))
            elif style in ('slang', 'essay', 'terse', 'resume') and x > 0.75:
                out.append(self.pick(FIRST))
            else:
                out.append(self.pick(bank))
        if style not in ('bullets',) and len(' '.join(out).split()) < 9:
            out.insert(0, self.pick(r.choice([base.FIRST, base.TERSE])) if style != 'third' else self.pick(base.THIRD))
        if sum(len(s.split()) for s in out) < 6:
            out += [self.pick(base.FIRST), self.pick(base.TERSE)]
        return style, out

    def replace_words(self, s):
        """Content words replaced by random dictionary words, in every class alike."""
        r = self.rng
        def swap(m):
            w = m[0]
            if len(w) < 5 or r.random() > 0.12 or w not in self.common:
                return w
            for pos in ('noun', 'adj', 'verb'):
                if w in lexicon.words(pos)[0]:
                    return self.e.word(pos)
            return w
        return re.sub(r'\b[a-z]+\b', swap, s)

    def layout(self, style, parts):
        r = self.rng
        if style == 'bullets':
            mark = r.choice(['- ', '* ', '• ', '', '- ', '> '])
            lower = r.random() < 0.4
            lines = [mark + (p if lower or p[0].isdigit() else cap(p)) for p in parts]
            if r.random() < 0.2:
                lines[0] = lines[0][len(mark):]
            return '\n'.join(lines) if r.random() < 0.85 else ' / '.join(l[len(mark):] for l in lines)
        joined = ''
        joins = r.random()
        for p in parts:
            s = stop(cap(p))
            if joined:
                if joins > 0.85 and style != 'terse' and len(p) > 12 and joined[-1] == '.' and r.random() < 0.5 and p[:2] in ('I ', 'My', 'We', 'It'):
                    joined = joined[:-1] + r.choice([', and ', '; ', ', but ', ' and ']) + (s if s[:2] == 'I ' else s[0].lower() + s[1:])
                    continue
                joined += '\n\n' if r.random() < 0.05 else '\n' if joins < 0.06 else ' '
            joined += s
        if style == 'terse' and r.random() < 0.15:
            joined = joined.replace('. ', ', ', 2)
        if r.random() < 0.05:
            joined = r.choice(['Hi, ', 'Hello, ', "G'day. ", 'Hi there! ']) + joined
        return joined

    def clean(self, text):
        """Noise that stays good: missing final stop, double spaces, dashes."""
        r = self.rng
        if r.random() < 0.07 and text.endswith('.'):
            text = text[:-1]
        if r.random() < 0.03:
            text = text.replace('. ', '.  ')
        if r.random() < 0.03:
            text = text.replace(', ', ' - ', 1)
        if r.random() < 0.03:
            text = text.replace('\n', '\r\n')
        if r.random() < 0.02:
            text += r.choice([' 🙂', ' Thanks.', ' Cheers!', ' 👍'])
        return text

    def opened(self, sentence):
        """The sentence behind an opener, or with a tail: both occur with and without a violation."""
        r = self.rng
        if r.random() < 0.5:
            first = sentence.split(' ')[0]
            keep = first.startswith(('I', '{')) or first[:1].isdigit() or not first[1:].islower()
            return r.choice(more.OPENERS) + (sentence if keep else sentence[0].lower() + sentence[1:])
        return sentence.rstrip('.!') + self.e.expand(r.choice(more.TAILS))

    def violation(self):
        r = self.rng
        bank = r.choices(BAD, [36, 42, 34])[0]
        kind = r.choice(list(bank))
        kinds = [kind]
        sentence = self.pick(bank[kind])
        x = r.random()
        if x < 0.25:
            sentence = self.opened(sentence)
        elif x < 0.3:
            sentence = self.pick(r.choice([FIRST, more.PLAIN, NEAR])).rstrip('.') + r.choice([', and ', ' and ', ', but ', ' but ', '; ', ', ', '. ']) + sentence
        return kinds, sentence

    def noise(self):
        r = self.rng
        x = r.random()
        row = r.choice(['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'asdf', 'hjkl', 'fdsa', 'lkjh'])
        if x < 0.35:
            return ' '.join(''.join(r.choice(row) for _ in range(r.randint(2, 9))) for _ in range(r.randint(1, 5)))
        if x < 0.6:
            return ' '.join(r.choice('abcdefghijklmnopqrstuvwxyz') * r.randint(2, 12) for _ in range(r.randint(1, 4)))
        if x < 0.75:
            return row[: r.randint(4, len(row))] * r.randint(1, 3)
        if x < 0.9:
            return ' '.join(''.join(r.choice('.,-?!*#_;:/') for _ in range(r.randint(1, 5))) for _ in range(r.randint(1, 4)))
        return ''.join(r.choice('abcdefghijklmnopqrstuvwxyz0123456789;') for _ in range(r.randint(5, 24)))

    def case_noise(self, s):
        return self.rng.choices([s, s.lower(), s.upper()], [80, 15, 5])[0]

    def insufficient(self):
        """(kinds, text) of a text with too little in it, sometimes with a violation besides."""
        r = self.rng
        x = r.random()
        if x < 0.16:
            return ['noise'], self.noise()
        if x < 0.3:
            return ['not_available'], self.case_noise(r.choice(frames(bad.INSUFFICIENT['not_available'], self.held)))
        if x < 0.72:
            text = self.pick(bad.INSUFFICIENT['too_short'])
            if r.random() < 0.25:
                text = stop(text) + ' ' + self.pick(bad.INSUFFICIENT['too_short'])
            return ['too_short'], self.case_noise(text)
        if x < 0.78:
            text = errors.text_speak(r, r.choice(['i want work please thanks', 'looking for a job thanks', 'need work now please', 'just want any job', 'i am good to work with you know', 'please just give me work you people', 'i have time for work before the weeks', 'any work would be great thanks']), 1)
            return ['too_short', 'text_speak'], text
        bank = r.choice(BAD)
        kinds = [r.choice(list(bank))]
        s = self.pick(bank[kinds[0]])
        if len(s.split()) > 9:
            return ['too_short'], self.case_noise(self.pick(bad.INSUFFICIENT['too_short']))
        text = stop(cap(s)) if r.random() < 0.8 else s
        if r.random() < 0.4:
            short = stop(self.pick(bad.INSUFFICIENT['too_short']))
            text = r.choice([short + ' ' + text, text + ' ' + short])
        return kinds + ['too_short'], text

    def rows(self):
        """One to three rows that belong together: a profile alone, or a pair with and without one violation."""
        r = self.rng
        x = r.random()
        if x < 0.075:
            kinds, text = self.insufficient()
            return [(text, kinds)]
        style, parts = self.body()
        if r.random() < 0.5:
            parts = [self.replace_words(p) for p in parts]
        good = self.clean(self.layout(style, parts))
        out = []
        if x < 0.62:
            text = good
            if r.random() < 0.09 and len(good.split()) > 20:
                text = errors.slip(r, good, self.common)
            out.append((text, []))
        if 0.45 < x < 0.82:
            kinds, inserted = self.violation()
            extra = [inserted]
            if r.random() < 0.12:
                more, other = self.violation()
                kinds, extra = kinds + more, extra + [other]
            new = list(parts)
            if len(new) > 2 and r.random() < 0.5:
                new.pop(r.randrange(len(new)))
            for s in extra:
                new.insert(r.choice([len(new), r.randint(0, len(new)), r.randint(0, len(new))]), s)
            text = self.clean(self.layout(style, new))
            if r.random() < 0.09:
                spoilt = errors.corrupt(r, text, self.common)
                if spoilt:
                    text, kinds = spoilt[0], kinds + spoilt[1]
            out.append((text, kinds))
        if x >= 0.82 or (x < 0.5 and r.random() < 0.1):
            text = good
            words = text.split(' ')
            if len(words) > 60:
                text = stop(' '.join(words[: r.randint(25, 60)]).rstrip(',;.'))
            spoilt = errors.corrupt(r, text, self.common)
            if spoilt:
                out.append(spoilt)
        return out


def stream(seed, held=False, short=False):
    maker = Maker(seed, held, short)
    while True:
        for text, kinds in maker.rows():
            text = text.strip()
            if text:
                yield {'text': text, 'kinds': kinds, 'target': target(kinds)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out')
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--held-out', action='store_true')
    parser.add_argument('--short', action='store_true', help='few sentences a row, for the first part of training')
    a = parser.parse_args()
    rows = stream(a.seed, a.held_out, a.short)
    with open(a.out, 'w', encoding='utf-8') as f:
        for _ in range(a.rows):
            f.write(json.dumps(next(rows), ensure_ascii=False) + '\n')


if __name__ == '__main__':
    main()
