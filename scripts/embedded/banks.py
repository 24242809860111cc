"""Reads the sentence banks: one frame a line, '# heading' lines name the kind or the style of the frames below.

  banks/good        harmless sentences, by style        banks/near      harmless sentences close to a violation, by kind
  banks/violation   sentences with one violation, by kind
  banks/spoilt      whole texts full of mistakes        banks/correct   whole texts that are plain, odd and correct
  banks/whole       whole profiles, by kind; the sentences between << and >> are the violation, the rest is harmless without them
  banks/short       texts with too little in them       banks/openers   openers and tails of sentences

One frame in eight, chosen by a hash of its text, is held out: it serves only where held-out rows are asked for.
"""
import glob
import os
import zlib
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))


@lru_cache(None)
def bank(folder, held):
    """{heading: [frame, ...]} of all files of one folder, the held-out frames alone or without them."""
    out = {}
    for path in sorted(glob.glob(f'{HERE}/banks/{folder}/*.txt')):
        heading = None
        with open(path, encoding='utf-8') as lines:
            for line in map(str.strip, lines):
                if line.startswith('# '):
                    heading = line[2:]
                elif line and is_held(line) == held:
                    out.setdefault(heading, []).append(line)
    return out


def is_held(text):
    return zlib.crc32(text.encode()) % 8 == 0


@lru_cache(None)
def every(folder, held):
    """All frames of one folder."""
    return [frame for frames in bank(folder, held).values() for frame in frames]
