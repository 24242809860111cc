"""The judgement as text: flag, reasoning, tags and recommendation in compact JSON."""
import json

TAGS = ['personal_information', 'sensitive_information', 'inappropriate_information', 'poor_grammar', 'insufficient_content']
CAUSE = {
    'phone': 'gives a phone number', 'email': 'gives an e-mail address', 'street_address': 'gives a street address', 'date_of_birth': 'gives a date of birth', 'government_id': 'gives a government id number',
    'social_handle': 'gives a social media handle', 'relative_contact': "gives a relative's contact", 'full_name_contact': 'gives a full name as contact',
    'health': 'tells of a health condition', 'disability': 'tells of a disability', 'pregnancy': 'tells of a pregnancy', 'religion': 'tells of religion', 'politics': 'tells of politics', 'union': 'tells of union membership',
    'ethnicity': 'uses ethnicity as a trait', 'sexual_life': 'tells of sexual life', 'criminal_record': 'tells of a criminal record', 'visa': 'tells of visa or refugee status', 'bankruptcy': 'tells of bankruptcy or debt', 'injury_claim': 'tells of an injury claim',
    'insult': 'contains insults', 'threat': 'contains a threat', 'discrimination': 'contains discrimination', 'sexual_content': 'contains sexual content', 'advertising': 'contains advertising', 'scam': 'contains a scam', 'contempt': 'shows contempt for work or employers',
    'spelling': 'has several spelling mistakes', 'grammar': 'has several grammar mistakes', 'text_speak': 'uses text-speak', 'all_capitals': 'is written in all capitals',
    'too_short': 'is too short to judge', 'not_available': 'has no real content', 'noise': 'is only keyboard noise'}
TAG_OF = {k: t for t, ks in zip(TAGS, ['phone email street_address date_of_birth government_id social_handle relative_contact full_name_contact',
    'health disability pregnancy religion politics union ethnicity sexual_life criminal_record visa bankruptcy injury_claim',
    'insult threat discrimination sexual_content advertising scam contempt', 'spelling grammar text_speak all_capitals', 'too_short not_available noise']) for k in ks.split()}
ADVICE = {
    'phone': 'remove the phone number', 'email': 'remove the e-mail address', 'street_address': 'remove the street address', 'date_of_birth': 'remove the date of birth', 'government_id': 'remove the id number',
    'social_handle': 'remove the social media handle', 'relative_contact': "remove the relative's contact", 'full_name_contact': 'use your first name only',
    'health': 'leave out your health', 'disability': 'leave out the disability', 'pregnancy': 'leave out the pregnancy', 'religion': 'leave out religion', 'politics': 'leave out politics', 'union': 'leave out the union',
    'ethnicity': 'leave out ethnicity', 'sexual_life': 'leave out your private life', 'criminal_record': 'leave out the criminal record', 'visa': 'leave out the visa status', 'bankruptcy': 'leave out the money troubles', 'injury_claim': 'leave out the injury claim',
    'insult': 'take out the insults', 'threat': 'take out the threat', 'discrimination': 'take out the discrimination', 'sexual_content': 'take out the sexual content', 'advertising': 'take out the advertising', 'scam': 'take out the money offer', 'contempt': 'write about work with respect',
    'spelling': 'check the spelling', 'grammar': 'check the grammar', 'text_speak': 'write words out in full', 'all_capitals': 'use normal capitals',
    'too_short': 'add your experience and skills', 'not_available': 'add your experience and skills', 'noise': 'add your experience and skills'}
CLOSING = {TAGS[0]: 'employers can reach you through the service.', TAGS[1]: 'it is private and employers do not need it.', TAGS[2]: 'a friendly text helps employers see your strengths.', TAGS[3]: 'a clean text is easier to read.', TAGS[4]: 'two or three sentences are enough.'}
GOOD_REASON = 'The text describes work and skills and gives nothing private.'
GOOD_ADVICE = 'Nothing needs to change; your profile is ready.'


def _join(parts):
    return parts[0] if len(parts) == 1 else ', '.join(parts[:-1]) + ' and ' + parts[-1]


def target(kinds):
    """Compact JSON for a list of violation kinds (empty: good)."""
    ordered, seen = [], set()
    for kind in sorted(kinds, key=lambda k: TAGS.index(TAG_OF[k])):
        if CAUSE[kind] not in seen:
            seen.add(CAUSE[kind])
            ordered.append(kind)
    tags = [t for t in TAGS if any(TAG_OF[k] == t for k in ordered)]
    if not ordered:
        parts = dict(flag='good', reasoning=GOOD_REASON, tags=[], recommendation=GOOD_ADVICE)
    else:
        shown = ordered[:3]
        advice = _join(list(dict.fromkeys(ADVICE[k] for k in shown)))
        parts = dict(flag='bad', reasoning=f'The text {_join([CAUSE[k] for k in shown])}.', tags=tags, recommendation=f'Please {advice}; {CLOSING[tags[0]]}')
    return json.dumps(parts, separators=(',', ':'), ensure_ascii=False)
