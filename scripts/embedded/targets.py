"""The judgement as text: flag, reasoning, tags and recommendation in compact JSON."""
import json
import os

TAGS = ['personal_information', 'sensitive_information', 'inappropriate_information', 'poor_grammar', 'insufficient_content']
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'kinds.json'), encoding='utf-8') as _file:
    _kinds = json.load(_file)
CAUSE, TAG_OF, ADVICE = ({kind: parts[key] for kind, parts in _kinds.items()} for key in ('cause', 'tag', 'advice'))
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
