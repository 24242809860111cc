"""Puts untrained layers behind a trained model's own, which answers the same until they are trained (after Net2Net).

  python3 grow.py work/scout/hf work/grown 5      writes the whole folder, heads of the training included; 5 layers in all
"""
import shutil
import sys

import torch

from model import Decoder, load_hf, save_hf


def deepened(small, layers):
    """A copy of `small` with `layers` layers; the new ones write nothing into the residual stream yet."""
    torch.manual_seed(11)
    windows = small.c['windows']
    big, old = Decoder({**small.c, 'windows': windows + [None] * (layers - len(windows))}), small.state_dict()
    state = big.state_dict()
    for name, tensor in state.items():
        if name in old:
            tensor.copy_(old[name])
        elif 'o_proj' in name or 'down_proj' in name:
            tensor.zero_()
    big.load_state_dict(state)
    return big.eval()


def main():
    source, folder, layers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    small = load_hf(source)
    big = deepened(small, layers)
    ids = torch.randint(5, small.c['vocab'], (2, 40))
    with torch.no_grad():
        assert torch.equal(small(ids), big(ids))
    shutil.copytree(source, folder, dirs_exist_ok=True)
    save_hf(big, big.state_dict(), folder)


if __name__ == '__main__':
    main()
