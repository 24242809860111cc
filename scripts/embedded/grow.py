"""Grows a trained model into a wider and deeper one that answers the same at first (after Net2Net): the larger model then learns on.

  python3 grow.py work/scout/hf careful      writes work/careful/hf/model.safetensors

New channels start with small noise on the reading side and zero on the writing side, so nothing changes until they are trained.
"""
import shutil
import sys

import torch

from model import HEAD, SIZES, Llama, load_hf, save_hf
from train import WORK


def grow(small, c):
    torch.manual_seed(11)
    big = Llama(c)
    old, new = small.state_dict(), big.state_dict()
    ratio = (small.c['width'] / c['width']) ** 0.5  # zeros in the new channels make the mean square smaller
    for name, tensor in new.items():
        parts = name.split('.')
        deeper = parts[1] == 'layers' and int(parts[2]) >= small.c['layers']
        if deeper:
            if 'o_proj' in name or 'down_proj' in name:
                tensor.zero_()
            continue
        source = old[name]
        if tensor.dim() == 1:
            tensor.fill_(1.0)
            tensor[:len(source)] = source * ratio
            if name == 'model.norm.weight':
                tensor[len(source):] = 1.0
            continue
        rows, columns = source.shape
        if 'embed_tokens' in name or 'o_proj' in name or 'down_proj' in name:
            tensor.zero_()  # what is written into the residual stream: old channels only
        tensor[:rows] = tensor[:rows] * (0 if 'embed' in name else 1)
        tensor[:rows, :columns] = source
        if 'o_proj' in name or 'down_proj' in name:
            tensor[:, columns:] = 0
    new['model.embed_tokens.weight'][:, small.c['width']:] = 0.002 * torch.randn(c['vocab'], c['width'] - small.c['width'])
    big.load_state_dict(new)
    return big


def main():
    source, name = sys.argv[1], sys.argv[2]
    small = load_hf(source)
    big = grow(small, SIZES[name])
    ids = torch.randint(5, SIZES[name]['vocab'], (2, 40))
    with torch.no_grad():
        a, b = small.logits(small(ids)), big.logits(big(ids))
    print('largest difference of logits', float((a - b).abs().max()), 'of', float(a.abs().max()))
    folder = f'{WORK}/{name}/hf'
    save_hf(big, big.state_dict(), folder)
    for file in ('tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'):
        shutil.copy(f'{source}/{file}', f'{folder}/{file}')


if __name__ == '__main__':
    main()
