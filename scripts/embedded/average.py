"""The weighted mean of two stages of one model's training, which generalises better than the later stage alone.

  python3 average.py work/first/hf work/second/hf 0.4 work/mean      0.4 of the first folder, 0.6 of the second
"""
import shutil
import sys

import torch

from model import load_hf, save_hf


def main():
    first, second, share, folder = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    old, model = load_hf(first).state_dict(), load_hf(second)
    shutil.copytree(second, folder, dirs_exist_ok=True)
    mean = lambda a, b: b if torch.equal(a, b) else share * a + (1 - share) * b  # what both have stays as it is, to the bit
    save_hf(model, {name: mean(old[name], tensor) for name, tensor in model.state_dict().items()}, folder)


if __name__ == '__main__':
    main()
