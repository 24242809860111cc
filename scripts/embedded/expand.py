"""Turns frames into text: [a|b] choices and {slot}s, with contacts, numbers and words made on the spot."""
import random
import re
from functools import lru_cache

import lexicon
import slots

CHOICE = re.compile(r'\[([^\[\]]*)\]')
SLOT = re.compile(r'\{([A-Za-z_0-9]+)\}')
MONTHS = 'January February March April May June July August September October November December'.split()
SMALL = 'two three four five six seven eight nine ten eleven twelve thirteen fifteen sixteen eighteen twenty'.split()
STREETS = 'Street Road Avenue Crescent Court Drive Lane Parade Place Close Way Terrace St Rd Ave Cres Ct Dr Pde Tce Highway Boulevard Grove Esplanade'.split()
STATES = {'VIC': 3, 'NSW': 2, 'QLD': 4, 'SA': 5, 'WA': 6, 'TAS': 7, 'ACT': 2, 'NT': 0}
DIGIT_WORDS = {'0': ['zero', 'oh'], **{str(i + 1): [w] for i, w in enumerate('one two three four five six seven eight nine'.split())}}
PRON = {'he': ('his', 'him'), 'she': ('her', 'her'), 'they': ('their', 'them')}


def invented(rng, parts=(2, 3)):
    out = ''
    for _ in range(rng.randint(*parts)):
        out += rng.choice(['b', 'br', 'c', 'd', 'dr', 'f', 'g', 'gr', 'h', 'j', 'k', 'kr', 'l', 'm', 'n', 'p', 'qu', 'r', 's', 'sh', 'st', 't', 'th', 'tr', 'v', 'w', 'y', 'z', 'ng', ''])
        out += rng.choice(['a', 'e', 'i', 'o', 'u', 'aa', 'ee', 'ai', 'ou', 'ie', 'ay'])
        out += rng.choice(['', '', 'n', 'r', 'l', 's', 'm', 'k', 't', 'nd', 'rt', 'ck'])
    return out.capitalize()


@lru_cache(None)
def ailments():
    """Names of illnesses from the lexicon, for one's own illness and for the work with ill people alike."""
    found = {w for root in ('disease', 'mental disorder', 'nervous disorder') for w in lexicon.kinds_of(root, longest=18)}
    return sorted(w for w in found if ' disease' in w or ' disorder' in w or (' ' not in w and len(w) > 5))


class Expander:
    def __init__(self, rng: random.Random):
        self.rng = rng
        self.pron = rng.choice(['he', 'she', 'she', 'he', 'they'])
        self.common = {p: lexicon.words(p)[0] for p in ('noun', 'verb', 'adj', 'adv')}
        self.rare = {p: lexicon.words(p)[1] for p in ('noun', 'verb', 'adj', 'adv')}

    def word(self, pos):
        x = self.rng.random()
        return self.rng.choice(lexicon.everyday(pos) if x < 0.72 else (self.common if x < 0.95 else self.rare)[pos])

    def name(self):
        return self.rng.choice(slots.NAMES) if self.rng.random() < 0.6 else invented(self.rng)

    def surname(self):
        r = self.rng.random()
        return self.rng.choice(slots.SURNAMES) if r < 0.5 else invented(self.rng) if r < 0.8 else self.word('noun').capitalize()

    def place(self):
        r = self.rng.random()
        if r < 0.6:
            return self.rng.choice(slots.PLACES)
        stem = invented(self.rng, (1, 2)) if r < 0.8 else self.word('noun').capitalize()
        return stem + self.rng.choice(['', 'ton', 'ville', ' Creek', ' Park', 'field', ' Hills', ' Bay', 'wood', ' Valley', ' Heights', 'dale', 'bury', ' Vale', ' Point'])

    def company(self):
        stem = self.surname()
        return f'{stem} {self.rng.choice(slots.COMPANY_TAILS)}' if self.rng.random() < 0.8 else stem + self.rng.choice(["'s", ' and ' + self.surname(), 'co', ' Ltd'])

    def number(self):
        r = self.rng
        return r.choice(SMALL) if r.random() < 0.55 else str(r.choice([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 18, 20, 25, 30, 40, 60, 90, 120, 250]))

    def years(self):
        r = self.rng
        n = r.choice([r.choice(SMALL), str(r.randint(2, 34))]) if r.random() < 0.85 else r.choice(['several', 'many', 'a few', 'over ten', 'almost five', 'twenty-two', 'thirty-one'])
        return n + ' ' + r.choices(['years', 'yrs', 'months', 'seasons', 'summers', 'weeks'], [70, 6, 10, 6, 3, 3])[0]

    def money(self):
        r = self.rng
        k = r.choice([r.randint(5, 95), r.randint(100, 990), r.randint(1000, 99000), r.randint(100000, 9900000)])
        return r.choice([f'${k:,}', f'${k:,}', f'${k}', f'${k % 90 + 1} million', f'${k % 90 + 1}m', f'${k % 9 + 1}.{k % 7} million', f'${k % 400 + 5}k', f'{k:,} dollars', f'${k % 9 + 1} billion', f'${k % 90 + 9} per hour'])

    def phone(self):
        r = self.rng
        mobile = '04' + ''.join(r.choice('0123456789') for _ in range(8))
        land = '0' + r.choice('2378') + ''.join(r.choice('0123456789') for _ in range(8))
        d = mobile if r.random() < 0.75 else land
        kind = r.random()
        if kind < 0.52:
            s = r.choice([' ', '-', '.', ' ', '  ', ' - '])
            if d[1] == '4':
                return r.choice([f'{d[:4]}{s}{d[4:7]}{s}{d[7:]}', d, f'+61 {d[1:4]} {d[4:7]} {d[7:]}', f'+61{d[1:]}', f'{d[:4]}{s}{d[4:]}', f'({d[:4]}) {d[4:7]} {d[7:]}', f'{d[:2]} {d[2:4]} {d[4:6]} {d[6:8]} {d[8:]}', f'{d[:4]}{s}{d[4:7]}{s}{d[7:]}', f'61 {d[1:4]} {d[4:7]} {d[7:]}'])
            return r.choice([f'({d[:2]}) {d[2:6]} {d[6:]}', f'{d[:2]} {d[2:6]} {d[6:]}', f'{d[:2]}-{d[2:6]}-{d[6:]}', d[2:6] + s + d[6:], f'+61 {d[1]} {d[2:6]} {d[6:]}'])
        if kind < 0.78:
            d2 = []
            i = 0
            while i < len(d):
                if i + 1 < len(d) and d[i] == d[i + 1] and r.random() < 0.5:
                    d2.append('double ' + r.choice(DIGIT_WORDS[d[i]]))
                    i += 2
                else:
                    d2.append(r.choice(DIGIT_WORDS[d[i]]))
                    i += 1
            sep = r.choice([' ', ' ', ', ', '-'])
            if r.random() < 0.5:
                words = [' '.join(d2[:4]), ' '.join(d2[4:7]), ' '.join(d2[7:])]
                return ', '.join(w for w in words if w)
            return sep.join(d2)
        if kind < 0.9:
            return ''.join(c.replace('0', r.choice('oO0')) + (' ' if r.random() < 0.25 else '') for c in d).strip()
        s = r.choice(['*', '_', ' / ', '..', ' . ', '~', ' '])
        return s.join(r.sample([d[:4] + s + d[4:7] + s + d[7:], s.join(d), d[:5] + s + d[5:]], 1)) if s.strip() else ' '.join(d)

    def handle_word(self):
        r = self.rng
        a = r.choice([self.name().lower(), self.word('noun'), self.word('adj'), self.surname().lower().replace("'", '')])
        b = r.choice([self.word('noun'), self.surname().lower().replace("'", ''), str(r.randint(1, 2010)), self.name().lower(), self.rng.choice(slots.JOBS).replace(' ', '')])
        return a + r.choice(['_', '.', '', '_the_', '-']) + b + r.choice(['', '', '', str(r.randint(1, 99))])

    def email(self):
        r = self.rng
        user = self.handle_word()
        host = r.choice(['gmail', 'hotmail', 'outlook', 'yahoo', 'bigpond', 'example', 'icloud', 'mail', self.word('noun') + 'mail', self.word('noun'), self.surname().lower().replace("'", '')])
        tld = r.choice(['com', 'com.au', 'net', 'org', 'net.au', 'example', 'org.au', 'com'])
        if r.random() < 0.6:
            return f'{user}@{host}.{tld}'
        at = r.choice([' at ', ' (at) ', ' AT ', '(at)', ' @ ', ' [at] '])
        dot = r.choice([' dot ', ' (dot) ', ' DOT ', '.', ' . ', ' [dot] ']) if at != ' @ ' else r.choice(['.', ' . '])
        if r.random() < 0.5:
            user = user.replace('.', dot).replace('_', r.choice(['_', ' underscore ']))
        return (user + at + host + dot + tld.replace('.', dot)).replace('[', '⟦').replace(']', '⟧')

    def address(self):
        r = self.rng
        s = f'{r.randint(1, 380)} {self.surname()} {r.choice(STREETS)}'
        if r.random() < 0.3:
            s = r.choice([f'Unit {r.randint(1, 40)}, {s}', f'{r.randint(1, 30)}/{s}', f'Flat {r.randint(1, 9)}, {s}', f'U{r.randint(1, 20)}/{s}', f'Lot {r.randint(1, 90)} {s[s.index(" ") + 1:]}'])
        if r.random() < 0.85:
            s += r.choice([', ', ', ', ' ', ' in ']) + self.place()
            if r.random() < 0.5:
                state = r.choice(list(STATES))
                s += f' {state} {STATES[state]}{r.randint(100, 999)}' if r.random() < 0.6 else f' {STATES[state] or 8}{r.randint(100, 999)}'
        return s

    def date(self):
        r = self.rng
        d, m, y = r.randint(1, 28), r.randint(1, 12), r.randint(1950, 2008)
        th = 'st' if d in (1, 21) else 'nd' if d in (2, 22) else 'rd' if d in (3, 23) else 'th'
        return r.choice([f'{d}/{m}/{y}', f'{d:02}/{m:02}/{y}', f'{d}.{m}.{y}', f'{d:02}-{m:02}-{y}', f'{d} {MONTHS[m - 1]} {y}', f'{d}{th} {MONTHS[m - 1]} {y}', f'the {d}{th} of {MONTHS[m - 1]} {y}', f'{MONTHS[m - 1]} {d}, {y}', f'{d} {MONTHS[m - 1][:3]} {y}', f'{d}/{m}/{y % 100:02}', f'{y}-{m:02}-{d:02}'])

    def slot(self, key):
        r = self.rng
        low = key.lower()
        simple = {
            'job': slots.JOBS, 'country': slots.COUNTRIES, 'language': slots.LANGUAGES, 'gerund': slots.GERUNDS, 'ticket': slots.TICKETS, 'software': slots.SOFTWARE,
            'industry': slots.INDUSTRIES, 'quality': slots.QUALITIES, 'hobby': slots.HOBBIES, 'shift': slots.SHIFTS, 'month': MONTHS, 'illness': slots.ILLNESSES,
            'condition': slots.CONDITIONS, 'believer': slots.BELIEVERS, 'worship': slots.WORSHIP, 'party': slots.PARTIES, 'union': slots.UNIONS, 'ethnic': slots.ETHNICS,
            'insult': slots.INSULTS, 'adjinsult': slots.ADJ_INSULTS, 'group': slots.GROUPS, 'relative': slots.RELATIVES,
            'prison': slots.PRISONS, 'social': slots.SOCIAL}
        if low in ('illness', 'condition') and r.random() < 0.25:
            out = r.choice(ailments())
        elif low in simple:
            out = r.choice(simple[low])
            if low == 'job' and r.random() < 0.12:
                out = r.choice(lexicon.concrete('noun')) + ' ' + r.choice(['operator', 'assistant', 'worker', 'officer', 'technician', 'hand', 'manager', 'fitter', 'adviser', 'cleaner', 'repairer', 'maker', 'planner', 'designer', 'supervisor'])
            if low == 'gerund' and r.random() < 0.12:
                out = lexicon.gerund(r.choice(lexicon.concrete('verb'))) + ' ' + self.slot('nouns')
        elif low == 'a_job':
            out = 'a ' + self.slot('job')
        elif low == 'a_place':
            out = r.choice(['a hospital', 'a school', 'an office', 'a bank', 'a factory', 'a kitchen', 'a library', 'a laboratory', 'a nursery', 'a council', 'a hotel'])
        elif low == 'things':
            out = r.choice(slots.THINGS) if r.random() < 0.75 else self.slot('nouns')
        elif low == 'noun':
            out = r.choice(lexicon.concrete('noun'))
        elif low == 'nouns':
            out = lexicon.plural(r.choice(lexicon.concrete('noun')))
        elif low in ('adj', 'adv', 'verb'):
            out = self.word(low)
        elif low == 'past':
            out = lexicon.past(self.word('verb'))
        elif low == 'thirdverb':
            out = lexicon.third(self.word('verb'))
        elif low == 'gerundverb':
            out = lexicon.gerund(self.word('verb'))
        elif low == 'insults':
            out = lexicon.plural(r.choice(slots.INSULTS))
        elif low == 'n':
            out = self.number()
        elif low in ('yrs', 'yrs_'):
            out = self.years()
        elif low == 'year':
            out = str(r.randint(1978, 2024))
        elif low == 'age':
            out = str(r.randint(17, 67)) if r.random() < 0.6 else r.choice(['nineteen', 'twenty-four', 'thirty', 'forty-one', 'fifty-six', 'sixty-two'])
        elif low == 'pct':
            out = str(r.randint(3, 80))
        elif low == 'bignum':
            out = r.choice(['{:,}', '{}']).format(r.choice([r.randint(100, 999), r.randint(1000, 9999), r.randint(10000, 999999)]))
        elif low == 'bignum10':
            out = str(r.randint(10 ** 9, 10 ** 10))
        elif low in ('tfn', 'crn', 'medicare', 'licno', 'passport'):
            d = ''.join(r.choice('0123456789') for _ in range(10))
            L = lambda: r.choice('ABCDEFGHJKLMNPRSTUVWXYZ')
            out = {'tfn': r.choice([f'{d[:3]} {d[3:6]} {d[6:9]}', d[:9], f'{d[:3]}-{d[3:6]}-{d[6:9]}']), 'crn': r.choice([f'{d[:3]} {d[3:6]} {d[6:9]}{L()}', f'{d[:9]}{L()}', d]),
                   'medicare': r.choice([f'{d[:4]} {d[4:9]} {d[9]}', d, f'{d[:4]}-{d[4:9]}-{d[9]}']), 'licno': r.choice([d[:8], d[:9], f'{L()}{d[:6]}', f'{d[:3]} {d[3:6]} {d[6:9]}', f'{d[:4]}{L()}{L()}']), 'passport': f'{L()}{r.choice([L(), ""])}{d[:7]}'}[low]
        elif low == 'rawhandle':
            out = self.handle_word()
        elif low == 'handle':
            out = ('@' if r.random() < 0.75 else '') + self.handle_word()
        elif low == 'codeword':
            out = self.word('noun').upper()[:7] + str(r.randint(5, 50))
        elif low == 'visa':
            out = str(r.choice([485, 417, 462, 500, 482, 820, 801, 189, 190, 491, 866, 785, 790, 309, '010', '030']))
        elif low == 'call':
            out = r.choice(['ring', 'call', 'text', 'phone', 'message', 'sms', 'try', 'dial'])
        elif low == 'middle':
            out = self.name() if r.random() < 0.8 else r.choice('ABCDEFGHJKLMNPRSTW') + '.'
        elif low == 'state':
            out = r.choice(list(STATES))
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
        elif low == 'he':
            out = self.pron if self.pron != 'they' else 'he'
        elif low == 'pos':
            out = PRON[self.pron][0]
        elif low == 'obj':
            out = PRON[self.pron][1]
        else:
            out = getattr(self, low)()
        if key[0].isupper():
            out = out[0].upper() + out[1:]
        return out

    def expand(self, frame):
        text, before = frame, None
        while text != before:
            before = text
            text = CHOICE.sub(lambda m: self.rng.choice(m[1].split('|')), text)
            if '[' not in text:
                text = SLOT.sub(lambda m: self.slot(m[1]), text)
        text = text.replace('⟦', '[').replace('⟧', ']')
        text = re.sub(r'\b([Aa]) (?=[aeiouAEIOU])(?!(?:uni|use|usu|ut[ei]|one|eu|once))', r'\1n ', text)
        return re.sub(r' +', ' ', text).strip()
