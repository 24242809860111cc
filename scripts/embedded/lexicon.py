"""English words by part of speech, with inflections, read from the WordNet files (package wordnet-base).

WordNet 3.0 is (c) Princeton University; its licence allows use and copies for any purpose. Nothing of it is shipped:
it is read when training text is generated.
"""
import re
from functools import lru_cache

ROOT = '/usr/share/wordnet'
VOWELS = 'aeiou'

# Filler never carries a violation: words that would make a filler sentence carry one.
BANNED = re.compile(
    r"\b(sex\w*|rap(e|ed|ist)|kill\w*|murder\w*|naked|nude|whore\w*|prostitut\w*|drunk\w*|drug\w*|priest\w*|church\w*|god|christ\w*|"
    r"jew\w*|muslim\w*|islam\w*|catholic\w*|pray\w*|relig\w*|bible|politic\w*|communis\w*|republican\w*|democrat\w*|elect\w*|vot(e|ed|ing)|"
    r"union\w*|strike\w*|prison\w*|jail\w*|crim\w*|convict\w*|arrest\w*|guilty|disease\w*|ill|illness|sick\w*|cancer|pain\w*|wound\w*|"
    r"injur\w*|blind\w*|deaf|cripple\w*|pregnan\w*|baby|babies|black\w*|white (man|men|woman)|negro\w*|race|racial|slave\w*|gay|lesbian|"
    r"homosexual\w*|lover\w*|bastard|damn\w*|hell|stupid|idiot\w*|fool\w*|ugly|hate[ds]?|threat\w*|beat|beaten|shot|shoot\w*|stab\w*|bomb\w*|"
    r"nazi\w*|hitler|bankrupt\w*|debt\w*|asylum|refugee\w*|heart attack|depress\w*|mental\w*|insan\w*|crazy|suicide|dead|die[ds]?|death|"
    r"breast\w*|penis|vagina\w*|urin\w*|feces|shit|ass|fuck\w*|bitch|virgin\w*|mistress|affair|seduc\w*|erotic\w*|nigg\w*|gypsy|indians?|"
    r"terror\w*|hospital\w*|surgery|operation|doctor\w*|patient|medic\w*|fever|disab\w*|divorc\w*|born|liar|lie[ds]?|lazy|moron\w*|thug\w*|pussy|bugger\w*|flatus|boob\w*|cock|tit|dick|slut\w*|wench\w*|harlot\w*|fart\w*|flirt\w*|strip\w*|nigger\w*|cunt|dyke|faggot|torture\w*|hang|hanged|corpse\w*)\b", re.I)


def _read(name):
    with open(f'{ROOT}/{name}', encoding='utf-8', errors='ignore') as lines:
        return [line for line in lines if not line.startswith('  ')]


@lru_cache(None)
def words(pos):
    """(common, rare) single lower-case words of 'noun', 'verb', 'adj' or 'adv'; common ones have sense counts."""
    common, rare = [], []
    for line in _read(f'index.{pos}'):
        part = line.split()
        if not re.fullmatch('[a-z]{3,13}', part[0]) or BANNED.fullmatch(part[0]):
            continue
        pointers = int(part[3])
        seen = int(part[5 + pointers])
        if seen:
            common += [part[0]] * min(8, 1 + int(seen ** 0.5))  # often used words come up more often
        else:
            rare.append(part[0])
    return common, rare


@lru_cache(None)
def everyday(pos):
    """The words that WordNet's tagged texts use most: without them, everyday words would occur in violations only."""
    kinds = {'noun': '1', 'verb': '2', 'adj': '35', 'adv': '4'}[pos]
    times = {}
    for line in _read('cntlist.rev'):
        key, _, count = line.split()
        word, _, rest = key.partition('%')
        if rest[0] in kinds and re.fullmatch('[a-z]{3,12}', word) and not BANNED.fullmatch(word):
            times[word] = times.get(word, 0) + int(count)
    out = sorted(w for w, n in times.items() if n >= 8)
    return out


@lru_cache(None)
def _exceptions(pos):
    table = {}
    for line in _read(f'{pos}.exc'):
        part = line.split()
        if len(part) == 2:
            table.setdefault(part[1], []).append(part[0])
    return table


def plural(noun):
    irregular = _exceptions('noun').get(noun)
    if irregular:
        return irregular[0]
    if re.search('(s|x|z|ch|sh)$', noun):
        return noun + 'es'
    if noun.endswith('y') and noun[-2] not in VOWELS:
        return noun[:-1] + 'ies'
    return noun + 's'


def _doubled(verb):
    return verb + verb[-1] if len(verb) < 6 and re.search('[^aeiou][aeiou][bdgmnprt]$', verb) else verb


def gerund(verb):
    if verb.endswith('ie'):
        return verb[:-2] + 'ying'
    if verb.endswith('e') and not verb.endswith(('ee', 'oe', 'ye')):
        return verb[:-1] + 'ing'
    return _doubled(verb) + 'ing'


def past(verb):
    irregular = [w for w in _exceptions('verb').get(verb, []) if not w.endswith(('ing', 's'))]
    if irregular:
        return irregular[0]
    if verb.endswith('e'):
        return verb + 'd'
    if verb.endswith('y') and verb[-2] not in VOWELS:
        return verb[:-1] + 'ied'
    return _doubled(verb) + 'ed'


def third(verb):
    return plural(verb) if verb not in ('be', 'have', 'do') else {'be': 'is', 'have': 'has', 'do': 'does'}[verb]


@lru_cache(None)
def _nouns():
    synsets, by_word = {}, {}
    for line in _read('data.noun'):
        head, _, gloss = line.partition('|')
        part = head.split()
        count = int(part[3], 16)
        lemmas = [part[4 + 2 * i].replace('_', ' ') for i in range(count)]
        at = 4 + 2 * count
        pointers = [(part[at + 1 + 4 * i], part[at + 2 + 4 * i]) for i in range(int(part[at]))]
        synsets[part[0]] = (lemmas, [o for kind, o in pointers if kind in ('~', '~i')])
        for lemma in lemmas:
            by_word.setdefault(lemma, []).append(part[0])
    return synsets, by_word


def kinds_of(word, sense_file_order=0, longest=22, depth=6):
    """Lower-case hyponyms of a noun: kinds_of('disease'). Multi-word terms up to `longest` characters are kept."""
    synsets, by_word = _nouns()
    out, todo = [], [(by_word[word][sense_file_order], 0)]
    while todo:
        offset, level = todo.pop()
        lemmas, below = synsets[offset]
        if level:
            out += [l for l in lemmas[:2] if len(l) <= longest and re.fullmatch("[a-z' -]+", l)]
        if level < depth:
            todo += [(o, level + 1) for o in below]
    return sorted(set(out))


# WordNet's lexicographer files: what a person at work may lay hands on, and what is done to it
HANDLED, DONE = {'06', '13', '20', '17', '27'}, {'35', '36', '30'}


@lru_cache(None)
def concrete(pos):
    """Common nouns whose first sense is an artefact, food, plant, object or substance; common verbs of contact, creation or change."""
    file_of = {line.split(' ', 2)[0]: line.split(' ', 2)[1] for line in _read(f'data.{pos}')}
    common, wanted = set(everyday(pos)) | set(words(pos)[0]), HANDLED if pos == 'noun' else DONE
    out = set()
    for line in _read(f'index.{pos}'):
        part = line.split()
        if part[0] in common and file_of[part[-int(part[2])]] in wanted:
            out.add(part[0])
    return sorted(out)


# Nor do they belong into a profile, where a reader would stop at them.
UNFIT = re.compile(
    r"\b(israel\w*|tortur\w*|confess\w*|victim\w*|enem\w*|war|wars|army|soldier\w*|weapon\w*|guns?|suspect\w*|accus\w*|defendant\w*|trial|scandal\w*|"
    r"steal\w*|stole\w*|thie\w*|rob\w*|cheat\w*|vomit\w*|blood\w*|kiss\w*|lov\w+|passion\w*|girlfriend|insult\w*|curs\w+|foreign\w*|immigra\w*|"
    r"senator\w*|president\w*|minister\w*|parliament|candidate\w*|revol\w*|rebel\w*|troops|invad\w*|massacr\w*|slaughter\w*|brutal\w*|cruel\w*|"
    r"sinn\w*|sins?|soul\w*|spirit\w*|holy|divine|prophet\w*|pope|jail\w*|police\w*|court\w*|bod(y|ies)|flesh|lips|thigh\w*|desire\w*|lust\w*|angry|anger|furious)\b", re.I)


@lru_cache(None)
def sentences():
    """Plain example sentences of WordNet, as filler that means nothing for the judgement."""
    found = set()
    start = re.compile(r"(I|He|She|They|We|The|This|That|His|Her|My|It|These|You|Our|Their|There|A|An)\b", re.I)
    for pos in ('verb', 'noun', 'adj', 'adv'):
        for line in _read(f'data.{pos}'):
            if pos == 'noun' and line.split(' ', 2)[1] in ('08', '12', '18', '26'):
                continue  # bodies, feelings, people and states: too near to what is sensitive
            for example in re.findall(r'"([^"]+)"', line.partition('|')[2]):
                if not 4 <= len(example.split()) <= 18 or not start.match(example) or BANNED.search(example) or UNFIT.search(example):
                    continue
                if pos != 'verb' and not re.search(r"\b(is|was|were|are|had|has|have|went|did|will|would|can|could|\w+ed|made|took|came)\b", example):
                    continue
                if re.fullmatch(r"[A-Za-z ,';.\-?!]+", example):
                    text = example[0].upper() + example[1:]
                    found.add(text if text[-1] in '.?!' else text + '.')
    return sorted(found)


if __name__ == '__main__':
    for pos in ('noun', 'verb', 'adj', 'adv'):
        common, rare = words(pos)
        print(pos, len(common), len(rare))
    print(len(sentences()), sentences()[::1500])
    for kind in ('disease', 'religion', 'worker', 'mental disorder', 'skilled worker', 'professional', 'tool', 'disability', 'food'):
        got = kinds_of(kind)
        print(kind, len(got), got[::max(1, len(got) // 12)])
