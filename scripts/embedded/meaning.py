"""The embedding as a learned map of dictionary vectors plus what each token learns for itself (see wordvectors.py)."""
import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
import numpy as np

from model import Linear

OWN = 0.5  # speed of a known word's own part beside that of unknown tokens


def vectors(tok, path):
    """[vocabulary, WIDTH]: the vector of each token that is a word, zero elsewhere."""
    with np.load(path) as file:
        at, table = {w: i for i, w in enumerate(file['words'])}, torch.from_numpy(file['vectors'])
    out = torch.zeros(tok.get_vocab_size(), table.shape[1])
    for token, i in tok.get_vocab().items():
        word = token.lstrip('Ġ').lower()
        if word in at and (token.startswith('Ġ') or len(word) > 2):
            out[i] = table[at[word]]
    return out


class Meaning(nn.Module):
    """own [vocabulary, width] -> own + vectors @ map; in training the own part of a share `forget` of the known words is left out.

    Never of `spoken`, the tokens that answers consist of: the embedding is the output layer too, and a flag that is scored
    against half a vector teaches the layers nothing but noise.
    """

    def __init__(self, vectors, width, forget, spoken):
        super().__init__()
        self.register_buffer('vectors', vectors, persistent=False)
        self.register_buffer('known', (vectors.abs().sum(1) > 0).float()[:, None], persistent=False)
        self.map = Linear(vectors.shape[1], width, bias=False)
        self.register_buffer('chance', self.known * forget, persistent=False)
        self.chance[spoken] = 0
        nn.init.normal_(self.map.weight, std=0.05)

    def forward(self, own):
        scale = 1 - self.known * (1 - OWN)
        if self.training:
            scale = scale * (torch.rand_like(self.chance) >= self.chance).float()
        return own * scale + self.map(self.vectors)

    def right_inverse(self, whole):
        """Splits a plain embedding: the map by ridge regression over the known words that have one, the rest as their own."""
        scale = 1 - self.known * (1 - OWN)
        return (whole - self.map(self.vectors)).detach() / scale


def fit(meaning, whole, rows):
    """Sets the map to the ridge regression of the embeddings `whole` of `rows` on their vectors."""
    x, y = meaning.vectors[rows], whole[rows]
    with torch.no_grad():
        a = torch.linalg.solve(x.T @ x + 2.0 * torch.eye(x.shape[1]), x.T @ y)
        meaning.map.weight.copy_(a.T)
        print(f'map explains {1 - float((y - x @ a).pow(2).sum() / y.pow(2).sum()):.3f} of {len(rows)} embeddings', flush=True)


def attach(model, vectors, spoken, trained=None, forget=0.15):
    """Puts Meaning on the model's embedding; `trained` [rows]: tokens whose present embedding is worth keeping."""
    e = model.model.embed_tokens
    whole, meaning = e.weight.detach().clone(), Meaning(vectors, e.weight.shape[1], forget, spoken)
    if trained is not None:
        known = torch.tensor([i for i in trained if meaning.known[i]])
        fit(meaning, whole, known)
        fresh = torch.ones(len(whole), dtype=torch.bool)
        fresh[torch.tensor(sorted(trained))] = False
        with torch.no_grad():
            mapped = meaning.map(vectors)
            whole[fresh] = mapped[fresh] + whole[fresh] * (1 - meaning.known[fresh])
    parametrize.register_parametrization(e, 'weight', meaning)
    with torch.no_grad():
        e.parametrizations.weight.original.copy_(meaning.right_inverse(whole))
    return meaning


def plain(state):
    """A state dict with the embedding as one table again."""
    own = 'model.embed_tokens.parametrizations.weight.original'
    return {('model.embed_tokens.weight' if k == own else k): v for k, v in state.items() if '.parametrizations.weight.0' not in k}
