"""Trains the byte-level BPE tokenizer and writes it with its chat template.

  python3 tokenizer.py SHARD.jsonl FOLDER VOCABULARY_SIZE VECTORS.npz
"""
import json
import math
import os
import sys

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import lexicon

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIAL = ['<|begin|>', '<|user|>', '<|end|>', '<|assistant|>', '<|pad|>']
TEMPLATE = ("{{ '<|begin|>' }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] + '<|end|>' }}"
            "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")
PIECES = r' ?\p{L}+|\p{N}|[^\s\p{L}\p{N}]+|\s+'


def train(texts, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PIECES), behavior='isolated'),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[AddedToken(s, special=True, normalized=False) for s in SPECIAL],
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def glosses():
    """Definitions and examples of WordNet: English words that the banks do not happen to hold."""
    for pos in ('noun', 'verb', 'adj', 'adv'):
        with open(f'{lexicon.ROOT}/data.{pos}', encoding='utf-8', errors='ignore') as lines:
            for line in lines:
                if '|' in line and not line.startswith('  '):
                    gloss = line.split('|')[1]
                    yield ' ' + gloss.replace('"', '').split(';')[0].strip()
                    yield from gloss.split('"')[1::2]


def words_of_the_task():
    """Words that should be one token each, as often as that takes, at the start of a text and inside it."""
    with open(f'{HERE}/tokenizer_words.txt', encoding='utf-8') as words:
        for word in words.read().split():
            yield from [' ' + word] * 250
            yield from [word + ' '] * 60 if word[0].isupper() else [' ' + word.capitalize()] * 40 + [word.capitalize()] * 40


def common_words(path):
    """The words of wordvectors.py, each about as often as its count's logarithm: as many as fit become one token."""
    with np.load(path) as file:
        for word, count in zip(file['words'], file['counts']):
            if len(word) > 2 and count >= 40:
                yield from [' ' + word] * int(12 * math.log(count) - 30)
                if count >= 400:
                    yield from [word.capitalize() + ' ', ' ' + word.capitalize()] * int(3 * math.log(count))


def main():
    shard, folder, size, vectors = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    texts = [*glosses(), *words_of_the_task(), *common_words(vectors)]
    for i, line in enumerate(open(shard, encoding='utf-8')):
        row = json.loads(line)
        texts += [row['text'], row['target']] if i % 7 == 0 else [row['text']]
    tokenizer = train(texts, size)
    tokenizer.save(f'{folder}/tokenizer.json')
    config = {'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': '<|begin|>', 'eos_token': '<|end|>', 'pad_token': '<|pad|>', 'add_bos_token': False, 'add_eos_token': False,
              'clean_up_tokenization_spaces': False, 'model_max_length': 2048, 'padding_side': 'left', 'chat_template': TEMPLATE}
    with open(f'{folder}/tokenizer_config.json', 'w') as file:
        json.dump(config, file, indent=2)
    with open(f'{folder}/chat_template.jinja', 'w') as file:
        file.write(TEMPLATE)
    print(folder, tokenizer.get_vocab_size(), tokenizer.encode('{"flag":"good","reasoning":"The text').tokens)


if __name__ == '__main__':
    main()
