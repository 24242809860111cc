"""Mistakes put into sound text. They come from known words and from syntax, so that rare words stay innocent."""
import re

MISSPELT = {w: v.split('/') for w, v in (pair.split('=') for pair in """because=becuase/becos/becasue/becouse experience=experiance/expirience/experence/expereince work=wrok/werk/wurk working=workin/woking/wroking worked=werked/workd
years=yers/yeers/yaers/yrears would=wud/woud/wold could=cud/coud with=wiv/whith/wiht and=adn/an/nd the=teh/hte/da looking=lookin/loking/lookng people=peple/peopel/poeple very=verry/vary good=gud/goood friendly=freindly/frendly
reliable=relible/relaible/reliabel/reliant responsible=responsable/responsibel customers=custumers/costumers/custermers customer=custumer/costumer manager=manger/maneger/managar business=buisness/bussiness/bisness
company=compny/compeny/compnay school=skool/shcool/scool certificate=certificat/sertificate/certifcate licence=lisence/licance/licens driver=drivver/dryver/drivar driving=drivin/driveing team=teem/tem learn=lern/laern learned=lernt/learnt/lerned
believe=beleive/belive receive=recieve/receeve different=diffrent/diferent interested=intrested/intersted really=realy/relly always=allways/alway/alwasy definitely=definately/definatly/defiantly separate=seperate tomorrow=tommorow
available=avalable/availible/avaliable immediately=imediately/immediatly/immediatley friend=freind/frend their=there/thier there=their/thier they=thay/dey know=no/kno enough=enuf/enought through=threw/thru/trough write=rite/wright writing=writting
kitchen=kichen/kitchin warehouse=wharehouse/wearhouse/warehose office=ofice/offise building=bilding/buliding machines=mashines/machins machine=mashine/machin cleaning=cleening/cleanin cleaner=cleener equipment=equiptment/equipmant
management=managment/mangement maintenance=maintainance/maintenence skills=skils/skillz/skiles service=servise/servis services=servises restaurant=resturant/restarant delivery=delivary/delivry electrician=electrition/electrican
knowledge=knowlege/nowledge communication=comunication/comunicaton qualified=qualifed/quallified qualifications=qualifactions training=traning/trainning finished=finnished/finised started=startd/stared morning=mornin/moring
want=wont/wanna/wnat need=ned/nead like=lik/liek job=jobb/jop jobs=jobbs time=tyme/tiem start=strat/starte week=weak/weke weekends=weakends/wekends days=dayes/dais nights=nites/nigths night=nite/nigth right=rite hours=ours/houers
children=childrens/childern/chidren family=famly/familly house=hous/howse place=plase love=luv/lov enjoy=injoy/enjoi help=halp/hepl hard=hrad made=maid/mad quick=qick/kwick careful=carefull/carful honest=onest/honnest
punctual=punctuel/punctal organised=orginised/organized/organsed patient=patiant/pacient practical=practicle/practial steady=stedy/steddy flexible=flexable/flexble motivated=motervated/motivted enthusiastic=enthusiatic/entusiastic
several=sevral/severel twenty=twenny/twety eight=eigth/ate nine=nin four=fore/foor forty=fourty fifteen=fiveteen having=haveing/havin handling=handeling/handlin serving=servin/serveing looked=loked/lookd after=afta/aftr around=arround/aroud
mostly=mosly/mostley whole=hole/howl things=fings/thigns thing=fing something=somethink/somthing anything=anythink/anyfing everything=everythink/evrything every=evry/evrey much=mutch many=meny which=wich/witch while=wile where=were/wear
when=wen what=wat then=than also=allso/alos little=litle/littel first=ferst/frist last=larst until=untill/intil own=onw/owne drove=drived/drov spent=spended my=me/mi some=sum stock=stok plans=planes/planns role=roll trade=traid month=munth
references=referances/refrences orders=oders/ordders phone=fone phones=fones safety=safty/saftey forklift=fork lift/forkliff apprenticeship=aprenticeship/apprentiship computer=computor/compter language=langauge/languege English=english/Inglish position=posision/postion opportunity=oppurtunity/oportunity hospital=hospitle/hospitel hospitality=hospitallity
interview=intervew degree=degre/degreee studied=studyed/studdied university=univercity/universty experienced=experianced finish=finnish/finsh carpenter=carpinter welder=wellder cook=cooke baker=bakker teacher=techer/teecher nurse=nurs accountant=acountant receptionist=receptonist mechanic=mecanic/machanic plumber=plummer painter=paintar gardener=gardner""".split() if '=' in pair)}
MISSPELT = {k: [x for x in v if x] for k, v in MISSPELT.items()}

TEXT_SPEAK = {w: v.split('/') for w, v in (pair.split('=') for pair in """you=u/ya are=r your=ur/yr for=4 to=2 too=2 and=n/& because=coz/cos/cuz/bc with=wiv/w people=ppl please=pls/plz thanks=thx/tnx/ta about=bout/abt before=b4 great=gr8 good=gd/gud have=hav/av work=wrk job=jb want=wanna/wnt
going=goin/gonna working=workin/wrkin looking=lookin/lkn message=msg text=txt tomorrow=2moro tonight=2nite really=rly though=tho through=thru the=da/tha what=wat/wot would=wud could=cud should=shud just=jst know=kno love=luv time=tym week=wk weeks=wks years=yrs/yers year=yr/yer
some=sum something=smthn anything=anythin/nething any=ne people=ppl am=m be=b see=c my=me/ma myself=meself I=i don't=dnt/dont can't=cant/cnt I'm=im I've=ive I'll=ill it's=its night=nite nights=nites very=v/vry always=alwys like=lyk/lke probably=prolly/prob""".split())}

GRAMMAR = [(re.compile(p), r) for p, r in [
    (r'\b(I|They|We|Colleagues) have (worked|managed|used|been|learned|finished|cared)\b', lambda m: f"{m[1]} {'has ' + m[2] if len(m[2]) % 2 else 'have ' + {'worked': 'work', 'managed': 'manage', 'used': 'use', 'been': 'be', 'learned': 'learn', 'finished': 'finish', 'cared': 'care'}[m[2]]}"),
    (r'\bI am an? ', 'I '), (r'\bI am a', 'I a'), (r'\bI am (?=[a-z]+ing\b)', 'I '), (r"\bI'm (?=[a-z]+ing\b)", 'I '), (r'\bI am\b', 'I is'), (r'\bI am\b', 'me am'),
    (r'\b(he|she|He|She) has\b', r'\1 have'), (r'\b(he|she|He|She) is\b', r'\1 are'), (r'\b(he|she|He|She) holds\b', r'\1 hold'), (r'\b(he|she|He|She) was\b', r'\1 were'), (r'\b(he|she) enjoys\b', r'\1 enjoy'),
    (r'\bI (enjoy|like|love|hold|have|use|know|speak|work|take|manage)\b', lambda m: 'I ' + {'have': 'has'}.get(m[1], m[1] + 's')), (r'\bI (enjoy|like|love|use|know|speak|work|need|want)\b', r'I am \1'),
    (r'\bI (enjoy|like|love)\b', r'I very \1'), (r'\bI have\b', 'I am having'), (r'\bI can ', 'I can to '), (r'\bI can ([a-z]+)\b', r'I can \1ing'), (r'\bI was\b', 'I were'), (r'\bWe were\b', 'We was'), (r'\bthey were\b', 'they was'),
    (r'\bfor (\w+) years\b', r'since \1 year'), (r'\bfor (\w+) years\b', r'\1 years'), (r'\b(two|three|four|five|six|seven|eight|nine|ten|\d+) years\b', r'\1 year'), (r'\b(two|three|four|five|six|\d+) (months|seasons|sites|weeks)\b', lambda m: m[1] + ' ' + m[2][:-1]),
    (r'\b(a|an|the|The) (?=[a-z]+)', ''), (r'\b(a|an|the) ', ''), (r'\bin (\d{4})', r'on \1'), (r'\bin ', 'on '), (r'\bat ', 'in '), (r'\bon ', 'in '), (r'\bfor ', 'to '), (r'\bof ', ''), (r'\bto ([a-z]{3,})\b', r'for \1'), (r'\bto ([a-z]{3,})\b', r'to \1ed'), (r'\blooking for\b', 'looking'), (r'\blooking for\b', 'look for'),
    (r'\bworked\b', 'work'), (r'\bworked\b', 'working'), (r'\bworked\b', 'have work'), (r'\bmanaged\b', 'manage'), (r'\bdrove\b', 'drived'), (r'\btook\b', 'taked'), (r'\bspent\b', 'spended'), (r'\bran\b', 'runned'), (r'\bdid\b', 'done'), (r'\bdone\b', 'did'), (r'\bcame\b', 'come'), (r'\bwent\b', 'gone'), (r'\bleft\b', 'leaved'), (r'\bwas\b', 'is'), (r'\bmade\b', 'make'), (r'\bI ([a-z]{3,})ed\b', r'I \1'), (r'\bI ([a-z]{3,})ed\b', r'I was \1'), (r'\b([a-z]{4,})ed\b', r'\1ing'),
    (r"\bdon't\b", "doesn't"), (r"\bdon't\b", 'not'), (r"\bI've\b", "I'v"), (r"\bI'm\b", 'Im'), (r'\bcould have\b', 'could of'), (r'\bwould\b', 'would to'), (r'\bwould like to\b', 'wish'), (r'\bwould like to ([a-z]+)\b', r'would like \1'), (r'\band I\b', 'and me'), (r'\bmy\b', 'me'), (r'\bmany\b', 'much'), (r'\bgood\b', 'goodly'), (r'\bwell\b', 'good'), (r'\bmore\b', 'more better'), (r'\bI\b', 'i'),
    (r"\b([a-z]{4,})s\b", r"\1's"), (r"\b([a-z]{4,})s\b", r'\1'), (r"\b([a-z]{4,}s) and ([a-z]{4,})s\b", r'\1 and \2'), (r'\bexperience\b', 'experiences'), (r'\bwork\b', 'works'), (r'\bequipment\b', 'equipments'), (r'\bwho are\b', 'who is'), (r'\bthat are\b', 'that is'), (r'\bare\b', 'is'), (r'\bhave been\b', 'am'), (r'\bhave been\b', 'been'), (r'\bhas been\b', 'have been'), (r'\byour\b', "you're"), (r'\bthan\b', 'then'), (r'\bto\b', 'too'), (r'\bIt is\b', 'Is'), (r'\bThere is\b', 'Have'), (r'\bwhere I\b', 'where I am'),
]]
WORD = re.compile(r"[A-Za-z']+")


def misspell(rng, word):
    """A misspelling of any word of five letters or more: swapped, dropped, doubled or phonetic letters."""
    i = rng.randrange(1, len(word) - 2)
    kind = rng.random()
    if kind < 0.3:
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    if kind < 0.5:
        return word[:i] + word[i + 1:]
    if kind < 0.65:
        return word[:i] + word[i] + word[i:]
    for a, b in rng.sample([('ie', 'ei'), ('ei', 'ie'), ('ea', 'ee'), ('ph', 'f'), ('tion', 'shun'), ('ce', 'se'), ('er', 'a'), ('ck', 'k'), ('ll', 'l'), ('ss', 's'), ('mm', 'm'), ('ence', 'ance'), ('able', 'ible'), ('ful', 'full'), ('ing', 'in'), ('kn', 'n'), ('qu', 'kw'), ('ou', 'ow'), ('s', 'z')], 19):
        if a in word[1:]:
            return word[0] + word[1:].replace(a, b, 1)
    return word[:i] + rng.choice('aeiou') + word[i + 1:]


def spelling(rng, text, common):
    """One spelling mistake, in a common word; None when the text offers no place."""
    spots = [m for m in WORD.finditer(text) if m[0].lower() in MISSPELT or (len(m[0]) >= 5 and m[0] in common)]
    if not spots:
        return None
    spot = rng.choice(spots)
    low = spot[0].lower()
    new = rng.choice(MISSPELT[low]) if low in MISSPELT and rng.random() < 0.75 else misspell(rng, low) if len(low) >= 5 else rng.choice(MISSPELT.get(low, [low]))
    if spot[0][0].isupper():
        new = new[0].upper() + new[1:]
    return text[:spot.start()] + new + text[spot.end():] if new != spot[0] else None


def grammar(rng, text):
    """One mistake of syntax, or None."""
    for pattern, repl in rng.sample(GRAMMAR, len(GRAMMAR)):
        found = list(pattern.finditer(text))
        if found:
            m = rng.choice(found)
            new = m.expand(repl) if isinstance(repl, str) else repl(m)
            return text[:m.start()] + new + text[m.end():]
    return None


def text_speak(rng, text, share):
    return WORD.sub(lambda m: rng.choice(TEXT_SPEAK[k]) if (k := m[0] if m[0] in TEXT_SPEAK else m[0].lower()) in TEXT_SPEAK and rng.random() < share else m[0], text)


def careless(rng, text):
    """No capitals, fewer stops, no apostrophes."""
    if rng.random() < 0.8:
        text = text.lower()
    if rng.random() < 0.6:
        text = text.replace("'", '')
    if rng.random() < 0.6:
        text = re.sub(r'[.;:]( |$)', lambda m: rng.choice([' ', ' ', ', ', ' and ']), text).strip()
    return text


def corrupt(rng, text, common):
    """Several mistakes. Returns (text, kinds) or None when the text is too poor to spoil."""
    kind = rng.random()
    n = max(4, len(text.split()) // rng.choice([4, 5, 6, 8]))
    if kind < 0.13:
        out = text.upper()
        if rng.random() < 0.25:
            out = (grammar(rng, text) or text).upper()
        return (out, ['all_capitals']) if len(text.split()) > 4 else None
    if kind < 0.36:
        out = careless(rng, text_speak(rng, text, rng.choice([0.5, 0.8, 1.0])))
        if rng.random() < 0.4:
            out += rng.choice([' lol', ' haha', ' thx', ' pls', ' hmu', ' ty', ' :)', ' !!!', ' cheers'])
        for _ in range(rng.randint(0, n // 2 + 1)):
            out = spelling(rng, out, common) or out
        changed = sum(a != b for a, b in zip(text.lower().split(), out.lower().split()))
        return (out, ['text_speak']) if changed > 3 else None
    did, kinds, out = 0, [], text
    mix = rng.choice([0, 0.15, 0.5, 0.5, 0.85, 1])
    for _ in range(n * 3):
        spell = rng.random() < mix
        new = spelling(rng, out, common) if spell else grammar(rng, out)
        if new and new != out:
            out, did = new, did + 1
            kinds.append('spelling' if spell else 'grammar')
        if did >= n:
            break
    if did < 4:
        return None
    if rng.random() < 0.25:
        out = careless(rng, out)
    return out, sorted(set(kinds), key=kinds.count, reverse=True)


def slip(rng, text, common):
    """A single mistake, which is forgiven."""
    return (spelling(rng, text, common) if rng.random() < 0.6 else grammar(rng, text)) or text
