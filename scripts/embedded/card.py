"""Writes a model card from the log of training and the report of `npm run eval:embedded`.

  python3 card.py scout REPORT.json LOG[,LOG] "one paragraph about this model"     writes ../../data/models/scout/README.md

The logs are those of the stages of training, REPORT.json is the last line that eval:embedded printed, over all sets.
"""
import json
import os
import re
import sys

from model import WINDOW, load_hf

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = {'held.jsonl': 'held-out frames (generated)', 'long.jsonl': 'long texts (generated)', 'dev.jsonl': '`data/eval/dev.jsonl` (also used to calibrate)', 'test.jsonl': '`data/eval/test.jsonl`', 'test.jsonl in long texts': 'the same in long texts'}
LONG = {'long.jsonl': ('sentences of held-out frames', 'short', 'in a text of four sentences'), 'test.jsonl in long texts': ('the profiles of `test.jsonl`', 'alone', 'alone')}  # what they hold; the group to compare with, in words
MEASURES = {'rows': 'rows', 'flag_accuracy': 'flag accuracy', 'bad_recall': 'recall of bad', 'bad_precision': 'precision of bad', 'tag_f1': 'F1 {}', 'valid_json': 'valid JSON',
            'reasoning_names_cause': 'reasoning names a true cause', 'recommendation_fits': 'recommendation fits the tags', 'calibration_error': 'calibration error'}


def plot(sets):
    """A reliability diagram as SVG: accuracy over confidence of each set, areas of dots by rows; the diagonal is perfect."""
    at = lambda confidence, accuracy: f'{40 + 300 * (confidence - 0.5) * 2:.0f},{310 - 300 * (accuracy - 0.3) / 0.7:.0f}'
    ticks = ''.join(f'<text x="{at(t, 0.3).split(",")[0]}" y="328" text-anchor="middle">{t:.1f}</text>' for t in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
    ticks += ''.join(f'<text x="34" y="{int(at(0.5, t).split(",")[1]) + 4}" text-anchor="end">{t:.1f}</text>' for t in (0.4, 0.6, 0.8, 1.0))
    out = f'<polyline points="{at(0.5, 0.5)} {at(1, 1)}" fill="none" stroke="#999" stroke-dasharray="4"/>{ticks}'
    for (title, figures), colour in zip(sets, ('#0072b2', '#d55e00', '#009e73')):
        bins = [b for b in figures['calibration'] if b[0] >= 5]
        out += f'<polyline points="{" ".join(at(c, a) for _, c, a in bins)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        out += ''.join('<circle cx="{}" cy="{}" r="{:.1f}" fill="{}"/>'.format(*at(c, a).split(','), 2 + (n / figures['rows']) ** 0.5 * 8, colour) for n, c, a in bins)
    key = ''.join(f'<text x="60" y="{24 + 18 * i}" fill="{colour}">{title.replace("`", "")}</text>' for i, ((title, _), colour) in enumerate(zip(sets, ('#0072b2', '#d55e00', '#009e73'))))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360" font-family="sans-serif" font-size="11"><rect width="360" height="360" fill="#fff"/>'
            f'<rect x="40" y="10" width="300" height="300" fill="none" stroke="#ccc"/>{out}{key}<text x="190" y="346" text-anchor="middle">confidence</text>'
            f'<text x="12" y="160" text-anchor="middle" transform="rotate(-90 12 160)">share of right flags</text></svg>\n')


def main():
    name, report, about = sys.argv[1], json.load(open(sys.argv[2])), sys.argv[4]
    logs = [open(path).read() for path in sys.argv[3].split(',')]
    model = load_hf(os.path.join(HERE, 'work', name, 'hf'))
    c, size = model.c, sum(p.numel() for p in model.parameters())
    layers, near = len(c['windows']), sum(window is not None for window in c['windows'])
    seen = sum(int(re.findall(r' rows (\d+) ', log)[-1]) for log in logs)
    sets = [(title, report[key][name]) for key, title in SETS.items() if key in report]
    lines = [f'# {name}', '', about, '',
             f"Qwen 2 architecture, {size:,} parameters: {layers} layers x {c['width']} (the first {near} see {WINDOW} tokens, the others all), {c['heads']} heads ({c['kv']} for keys and values), feed-forward {c['ffn']}, "
             f"vocabulary {c['vocab']:,} (byte-level BPE, digits one by one), tied embeddings, 8-bit weights.", '',
             f"Trained in this project on {seen:,} texts made by `scripts/embedded/generate.py` from written sentence banks; no text of any real "
             'person and none from the web. WordNet 3.0 (Princeton University) supplied words and some example sentences. The embeddings started from '
             'word vectors computed from WordNet, GCIDE, FreeDict and the Ding dictionary (`scripts/embedded/wordvectors.py`); none of their text is shipped.', '',
             '| Measure | ' + ' | '.join(title for title, _ in sets) + ' |', '|---' * (len(sets) + 1) + '|']
    cell = lambda value: '-' if value is None else f'{value:.3f}' if isinstance(value, float) else str(value)
    for key, title in MEASURES.items():
        if key == 'tag_f1':
            lines += [f'| {title.format(tag)} | ' + ' | '.join(cell(figures[key][tag]) for _, figures in sets) + ' |' for tag in sets[0][1][key]]
        else:
            lines.append(f'| {title} | ' + ' | '.join(cell(figures[key]) for _, figures in sets) + ' |')
    for key, (what, other, where) in LONG.items():
        if key in report:
            by = report[key][name]['accuracy_by_group']
            lines += ['', f"Long texts (600 to 1,000 words) made of {what}: of the violations {by['start']:.3f} are flagged at the start of one, {by['middle']:.3f} in the middle, "
                      f"{by['end']:.3f} at the end; {where} {by[other]:.3f}. Of the long texts without one {by['none']:.3f} are passed."]
            sound = report[key][name]['accuracy_where_parts_are_right']
            if sound:
                lines[-1] += (f" Of the long texts all of whose profiles are judged right one by one, {sound['start']:.3f}, {sound['middle']:.3f} and {sound['end']:.3f} are flagged with a violation "
                              f"at the start, in the middle and at the end, and {sound['none']:.3f} passed without one.")
    shown = [(title, figures) for title, figures in sets if title not in (SETS[key] for key in LONG)]
    with open(f'{HERE}/../../data/models/{name}/calibration.svg', 'w') as file:
        file.write(plot(shown))
    lines += ['', 'How often a flag is right, by its confidence:', '', '![Share of right flags by confidence](calibration.svg)']
    lines += ['', 'Measured with `npm run eval:embedded`, the way the product runs the model. Nobody looked at `test.jsonl` to choose a checkpoint. '
              'How far a long text moves the flag (`scripts/embedded/calibrate.py`) was set on other texts of the held-out frames. '
              'Thirteen lines of the banks shared eight words in a row with one of its profiles by chance, everyday turns such as \'I am looking for a job in a\'; '
              'they were found after training had read them, and taken out.', '',
              '## What it is not', '',
              'It learnt sentence banks, not English, and has never read a real profile. It misses what its banks do not hint at, is strict with odd but sound prose.',
              'Use it to try the tool and to test an installation; for decisions about people configure a real instruction model.', '']
    open(f'{HERE}/../../data/models/{name}/README.md', 'w').write('\n'.join(lines))


if __name__ == '__main__':
    main()
