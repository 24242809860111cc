"""Trains the byte-level BPE tokenizer and writes it with its chat template.

  python3 tokenizer.py SHARD.jsonl FOLDER VOCABULARY_SIZE
"""
import json
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

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


def main():
    shard, folder, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    texts = []
    for line in open(shard, encoding='utf-8'):
        row = json.loads(line)
        texts += [row['text'], row['target']]
    tokenizer = train(texts, size)
    tokenizer.save(f'{folder}/tokenizer.json')
    config = {'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': '<|begin|>', 'eos_token': '<|end|>', 'pad_token': '<|pad|>', 'add_bos_token': False, 'add_eos_token': False,
              'clean_up_tokenization_spaces': False, 'model_max_length': 2048, 'padding_side': 'left', 'chat_template': TEMPLATE}
    json.dump(config, open(f'{folder}/tokenizer_config.json', 'w'), indent=2)
    open(f'{folder}/chat_template.jinja', 'w').write(TEMPLATE)
    print(folder, tokenizer.get_vocab_size(), [t for t in tokenizer.encode('{"flag":"good","reasoning":"The text').tokens])


if __name__ == '__main__':
    main()
