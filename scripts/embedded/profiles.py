"""Profiles written from the banks: harmless ones, and ones with violations whose places are known."""
import difflib
import random
import re

import grammar_errors as errors
import lexicon
from banks import bank, every, is_held
from expand import Expander
from targets import TAG_OF, TAGS

KIND_WEIGHT = {'health': 3.0, 'disability': 1.5, 'criminal_record': 1.5, 'religion': 1.5, 'phone': 1.5, 'email': 1.2}
TAG_WEIGHT = dict(zip(TAGS, [34, 42, 34]))
OPEN, CLOSE = '\ue000', '\ue001'  # around a violation until the text is laid out
LEFT_OUT = re.compile(f'[{OPEN}{CLOSE}]')
MARKED = re.compile(f'{OPEN}[^{CLOSE}]*{CLOSE}')


def cap(s):
    """The first letter as a capital, behind a mark too."""
    at = 1 if s[0] == OPEN else 0
    return s[:at] + s[at:at + 1].upper() + s[at + 1:]


def small(s):
    """The first letter small, unless it begins a name, an abbreviation or 'I'."""
    first = s.split(' ')[0].strip(OPEN + CLOSE + ",.'")
    if first[:1] == 'I' or not first[1:].islower():
        return s
    at = 1 if s[0] == OPEN else 0
    return s[:at] + s[at].lower() + s[at + 1:]


def stop(s):
    return s if s.rstrip(CLOSE)[-1:] in ('.', '!', '?') else s + '.'


class Maker:
    def __init__(self, seed, held=False):
        self.rng, self.held = random.Random(seed), held
        self.e = Expander(self.rng)
        self.common = frozenset(self.e.common['noun']) | frozenset(self.e.common['verb']) | frozenset(self.e.common['adj'])
        self.filler = [s for s in lexicon.sentences() if is_held(s) == held]
        by_kind = bank('violation', held)
        self.kinds = list(by_kind)
        self.marked = {k: [m for t in texts for m in re.findall('<<(?:- )?(.+?)>>', t)] for k, texts in bank('whole', held).items()}
        self.weights = []
        for k in self.kinds:
            of_tag = sum(KIND_WEIGHT.get(o, 1) for o in self.kinds if TAG_OF[o] == TAG_OF[k])
            self.weights.append(TAG_WEIGHT[TAG_OF[k]] * KIND_WEIGHT.get(k, 1) / of_tag)

    def pick(self, frames):
        return self.e.expand(self.rng.choice(frames)).replace('\\n', '\n').rstrip(' .')

    def from_bank(self, folder, heading):
        return self.pick(bank(folder, self.held)[heading])

    def near(self, kind=None):
        """A harmless sentence close to a violation; of the same kind, when one is named."""
        found = bank('near', self.held)
        return self.pick(found[kind] if kind in found and self.rng.random() < 0.7 else every('near', self.held))

    def open(self):
        """A grammatical sentence of the lexicon, half the time put into the first person."""
        r, s = self.rng, self.rng.choice(self.filler).rstrip('.')
        if r.random() < 0.55 and re.match(r'(He|She|They) [a-z]+(ed|t|ew|aw|ld|nt) ', s):
            s = re.sub(r'^(He|She|They)\b', 'I', s)
            s = re.sub(r'\b(himself|herself|themselves)\b', 'myself', re.sub(r'\b(his|her|their)\b', 'my', s))
        return s

    def body(self, longest=120):
        """(style, sentences) of a harmless profile; sentences without final stops."""
        r = self.rng
        self.e.pron = r.choice(['he', 'she'])
        styles = list(bank('good', self.held))
        style = r.choice(styles + ['open', 'mixed', 'mixed', 'mixed'])
        size = r.choices([1, 2, 3, 4, 5, 6, 8, 12, 18, 26], [4, 13, 23, 22, 15, 10, 7, 3, 1.5, 0.5])[0]
        if r.random() < 0.03:
            size = r.randint(25, 85)
        if style in ('terse', 'bullets'):
            size = max(size, 2) + r.randint(0, 3)
        out = []
        for _ in range(min(size, longest)):
            x = r.random()
            if style == 'third' and x < 0.8:
                out.append(self.from_bank('good', 'third'))
            elif x < 0.2:
                out.append(self.near())
            elif x < 0.215 or (style == 'open' and x < 0.4):
                out.append(self.open())
            elif x < 0.7 and style not in ('open', 'mixed'):
                out.append(self.from_bank('good', style))
            else:
                out.append(self.pick(every('good', self.held)))
        if r.random() < 0.08:
            out[r.randrange(len(out))] = self.pick(every('correct', self.held))
        while sum(len(s.split()) for s in out) < 9:
            out.append(self.pick(every('good', self.held)))
        return style, out

    def replace_words(self, s):
        """Some content words replaced by random dictionary words, in every class alike: an unknown word is no sign."""
        def swap(m):
            w = m[0]
            if len(w) < 5 or self.rng.random() > 0.12 or w not in self.common:
                return w
            return next((self.e.word(pos) for pos in ('noun', 'adj', 'verb') if w in lexicon.words(pos)[0]), w)
        return re.sub(r'\b[a-z]+\b', swap, s)

    def opened(self, s):
        """The sentence behind an opener, or with a tail, or joined to another: all occur with and without a violation."""
        r, x = self.rng, self.rng.random()
        if x < 0.4:
            return self.from_bank('openers', 'openers').rstrip(' ') + ' ' + small(s)
        if x < 0.6:
            return s.rstrip('.!') + self.from_bank('openers', 'tails')
        other = self.pick(every('good', self.held)) if x < 0.85 else self.near()
        if len(other) + len(s) > 160 or '\n' in other:
            return s
        a, b = (other, s) if r.random() < 0.6 else (s, other)
        return a.rstrip('.!') + r.choice([', and ', ' and ', ', but ', '; ', ' - ']) + small(b)

    def violation(self):
        """(kind, marked sentence)"""
        kind = self.rng.choices(self.kinds, self.weights)[0]
        own = self.marked.get(kind) if self.rng.random() < 0.15 else None
        s = OPEN + (self.pick(own) if own else self.from_bank('violation', kind)) + CLOSE
        return kind, self.opened(s) if self.rng.random() < 0.22 else s

    def layout(self, style, parts):
        r = self.rng
        if style == 'bullets' or (style == 'terse' and r.random() < 0.25):
            mark, lower = r.choice(['- ', '* ', '• ', '', '- ', '> ', '– ']), r.random() < 0.4
            lines = [mark + (p if lower else cap(p)) for p in parts]
            if r.random() < 0.2:
                lines[0] = lines[0][len(mark):]
            return '\n'.join(lines) if r.random() < 0.85 else ' / '.join(x[len(mark):] for x in lines)
        joins, joined = r.random(), ''
        for p in parts:
            s = stop(cap(p))
            if joined and joins > 0.88 and len(p) > 12 and joined[-1] == '.' and r.random() < 0.5 and p[:2] in ('I ', 'My', 'We', 'It'):
                joined = joined[:-1] + r.choice([', and ', '; ', ', but ', ' and ']) + small(s)
            else:
                joined += (('\n\n' if r.random() < 0.05 else '\n' if joins < 0.06 else ' ') if joined else '') + s
        if style == 'terse' and r.random() < 0.15:
            joined = joined.replace('. ', ', ', 2)
        return r.choice(['Hi, ', 'Hello, ', "G'day. ", 'Hi there! ', 'Hello everyone. ']) + joined if r.random() < 0.05 else joined

    def clean(self, text):
        """Noise that stays good: a missing final stop, double spaces, dashes, other line ends."""
        r, x = self.rng, self.rng.random()
        if x < 0.07:
            return text[:-1] if text.endswith('.') else text
        if x < 0.1:
            return text.replace('. ', '.  ')
        if x < 0.13:
            return text.replace(', ', ' - ', 1)
        if x < 0.16:
            return text.replace('\n', '\r\n')
        return text + r.choice([' 🙂', ' Thanks.', ' Cheers!', ' 👍', ' Thank you for reading.']) if x < 0.19 else text

    def noise(self):
        r, x = self.rng, self.rng.random()
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

    def insufficient(self):
        """(text, kinds) of a text with too little in it, sometimes with a violation besides."""
        r, x = self.rng, self.rng.random()
        if x < 0.12:
            return self.noise(), ['noise']
        short = self.from_bank('short', 'not_available' if x < 0.25 else 'too_short')
        short = short if r.random() < 0.6 or len(short) < 3 else stop(short)
        short = r.choices([short, short.lower(), short.upper()], [80, 15, 5])[0]
        if x < 0.25:
            return short, ['not_available']
        if x > 0.72:
            kind, s = self.violation()
            s = stop(cap(LEFT_OUT.sub('', s)))
            if len(s.split()) < 10:
                return r.choice([stop(short) + ' ' + s, s + ' ' + short, s]), [kind, 'too_short']
        if r.random() < 0.2:
            short = stop(short) + ' ' + self.from_bank('short', 'too_short')
        return short, ['too_short']

    def spoilt(self):
        """(text, kinds) of a text of mistakes written whole, as people make them; sometimes with one more."""
        r = self.rng
        texts = bank('spoilt', self.held)
        kind = r.choices(list(texts), [len(v) for v in texts.values()])[0]
        text, kinds = cap(self.pick(texts[kind])) if kind != 'text_speak' else self.pick(texts[kind]), [kind]
        if kind == 'all_capitals':
            return text.upper(), kinds
        if r.random() < 0.3:
            text = errors.spelling(r, text, self.common) or text
            kinds += ['spelling'] if kind == 'grammar' else []
        if r.random() < 0.4:
            text = stop(text) + ' ' + stop(cap(self.pick(every('good', self.held))))
        return (errors.careless(r, text) if r.random() < 0.15 else text), kinds

    def whole(self):
        """One or two rows of a profile that was written whole: as it stands, and without its violation."""
        r, texts = self.rng, bank('whole', self.held)
        if r.random() < 0.3:
            return [(self.clean(stop(self.pick(texts['good']))), [], [])]
        kind = r.choices(self.kinds, [w if k in texts else 0 for k, w in zip(self.kinds, self.weights)])[0]
        text = stop(self.pick(texts[kind]).replace('<<', OPEN).replace('>>', CLOSE))
        if r.random() < 0.25:
            more = stop(cap(self.near(kind) if r.random() < 0.5 else self.pick(every('good', self.held))))
            text = f'{text} {more}' if r.random() < 0.5 else f'{more} {text}'
        marked, marks = unmark(self.clean(text), [kind])
        out = [(marked, [kind], marks)]
        if r.random() < 0.75:
            without = re.sub(r'  +', ' ', re.sub(r'\s*\n\s*', '\n', MARKED.sub('', text))).strip()
            out.append((self.clean(without), [], []))
        return out

    def rows(self):
        """One to three rows (text, kinds, marks): a profile alone, or with its twins that have one violation more."""
        r, x = self.rng, self.rng.random()
        if x < 0.075:
            return [(*self.insufficient(), None)]
        if x < 0.155:
            text, kinds = self.spoilt()
            return [(text, kinds, [[len(text) // 3, len(text), kinds[0]]])]
        if x < 0.23:
            text = self.pick(every('correct', self.held))
            if r.random() < 0.2:
                text = stop(text) + ' ' + stop(cap(self.near()))
            return [(self.clean(text if '\n' in text else stop(text)), [], [])]
        if x < 0.35:
            return self.whole()
        style, parts = self.body(4 if x < 0.44 else 120)
        if not self.held and r.random() < 0.08:
            parts = [self.replace_words(p) for p in parts]
        violations = [self.violation() for _ in range(2 if r.random() < 0.12 else 1)]
        if r.random() < 0.3:
            parts.insert(r.randint(0, len(parts)), self.near(violations[0][0]))
        parts = [self.opened(p) if r.random() < 0.05 and '\n' not in p else p for p in parts]
        good = self.clean(self.layout(style, parts))
        out, y = [], r.random()
        if y < 0.7:
            slipped = r.random() < 0.1 and len(good.split()) > 20
            out.append((errors.slip(r, good, self.common) if slipped else good, [], []))
        if 0.42 < y < 0.88:
            new = list(parts)
            if len(new) > 2 and r.random() < 0.4:
                new.pop(r.randrange(len(new)))
            for _, s in violations:
                new.insert(r.choice([len(new), r.randint(0, len(new)), r.randint(0, len(new))]), s)
            text, marks = unmark(self.clean(self.layout(style, new)), [k for k, _ in violations])
            kinds = [k for k, _ in violations]
            spoilt = self.spoil(text) if r.random() < 0.07 else None
            if spoilt:
                text, kinds, marks = spoilt[0], kinds + spoilt[1], None
            out.append((text, kinds, marks))
        if y > 0.8 or y < 0.06:
            words = good.split(' ')
            spoilt = self.spoil(good if len(words) <= 60 else stop(' '.join(words[: r.randint(25, 60)]).rstrip(',;.')))
            out += [spoilt] if spoilt else []
        return out

    def spoil(self, text):
        """(text, kinds, marks) with several mistakes, or None; the marks are the changed words."""
        spoilt = errors.corrupt(self.rng, text, self.common)
        if not spoilt:
            return None
        new, kinds = spoilt
        return new, kinds, [[0, len(new), 'all_capitals']] if kinds == ['all_capitals'] else changed_words(text, new, kinds)


def unmark(text, kinds):
    """(text without marks, [[start, end, kind], ...]); the kinds in the order of the texts they were made with."""
    marks, plain, start = [], '', 0
    for piece in re.split(f'({OPEN}|{CLOSE})', text):
        if piece == OPEN:
            start = len(plain)
        elif piece == CLOSE:
            marks.append([start, len(plain), None])
        else:
            plain += piece
    if len(kinds) == 1 and len(marks) == 1:
        marks[0][2] = kinds[0]
        return plain, marks
    return plain, None


def changed_words(old, new, kinds):
    """Marks of the words of `new` that differ from `old`; where a word is missing, the word after the gap."""
    a, spots = old.lower().replace("'", '').split(), list(re.finditer(r'\S+', new))
    b, marks = [m[0].lower().replace("'", '') for m in spots], []
    for tag, _, _, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != 'equal':
            marks += [[m.start(), m.end(), kinds[0]] for m in spots[j1:max(j2, j1 + 1)]]
    return marks
