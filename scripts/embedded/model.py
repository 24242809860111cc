"""A small Qwen 2 in PyTorch whose tensors have the names of Hugging Face's Qwen2ForCausalLM.

Of the families that run-scoring reads, this one has a window per layer. The first two layers see WINDOW tokens and the rotary
embedding tells far positions hardly apart, so that a sentence is read the same wherever it stands in a long text; the layers
behind them, which see everything, have only to find it.
"""
import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

WINDOW = 64
SMALL = dict(windows=[WINDOW, WINDOW, None], width=128, heads=4, kv=2, ffn=384, vocab=16384)  # windows: of each layer; None: sees all
HEAD, THETA, EPS, POSITIONS = 32, 10000.0, 1e-5, 2048
# Frequencies with wavelengths below 64 tokens stay, those above 256 turn 64 times as slowly.
STRETCH = dict(rope_type='llama3', factor=64.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=256)
HALF = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()  # training only


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * self.weight


class HalfProduct(torch.autograd.Function):
    """x @ w.T with operands rounded to bfloat16 and float32 in and out: twice as fast on processors that multiply bfloat16."""

    @staticmethod
    def forward(ctx, x, w):
        a, b = x.reshape(-1, x.shape[-1]).bfloat16(), w.bfloat16()
        ctx.save_for_backward(a, b)
        return (a @ b.T).float().view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        half = g.reshape(-1, g.shape[-1]).bfloat16()
        return (half @ b).float().view(*g.shape[:-1], -1), (half.T @ a).float()


class Linear(nn.Linear):
    def forward(self, x):
        if not (self.training and HALF):
            return F.linear(x, self.weight, self.bias)
        y = HalfProduct.apply(x, self.weight)
        return y if self.bias is None else y + self.bias


def linear(a, b, bias=False):
    return Linear(a, b, bias=bias)


def frequencies():
    """[HEAD / 2] radians per position, stretched as in Llama 3.1 (transformers, modeling_rope_utils.py)."""
    f = THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD)
    turns = STRETCH['original_max_position_embeddings'] * f / (2 * math.pi)
    low, high = STRETCH['low_freq_factor'], STRETCH['high_freq_factor']
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return kept * f + (1 - kept) * f / STRETCH['factor']


def attend(q, k, v, window):
    """Causal attention of the last q.shape[2] positions to the `window` before and at each (None: to all)."""
    t, s = q.shape[2], k.shape[2]
    if s != t:  # after a cache
        at, key = torch.arange(s - t, s)[:, None], torch.arange(s)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=(key <= at) & (key > at - (window or s)))
    if window is None or t <= window:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    # In blocks of a window's length, each beside the one before it: the cost grows with the text, not with its square.
    b, heads, _, width = q.shape
    blocks = -(-t // window)
    cut = lambda z: F.pad(z, (0, 0, 0, blocks * window - t)).view(b, heads, blocks, window, width).transpose(1, 2)
    beside = lambda z: torch.cat((F.pad(z[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0)), z), 3)
    at, key = torch.arange(window)[:, None] + window, torch.arange(2 * window)
    seen = ((key <= at) & (key > at - window)).repeat(blocks, 1, 1)
    seen[0, :, :window] = False
    y = F.scaled_dot_product_attention(*(z.flatten(0, 1) for z in (cut(q), beside(cut(k)), beside(cut(v)))), attn_mask=seen.repeat(b, 1, 1)[:, None])
    return y.view(b, blocks, heads, window, width).transpose(1, 2).reshape(b, heads, blocks * window, width)[:, :, :t]


class Attention(nn.Module):
    def __init__(self, c, window):
        super().__init__()
        self.heads, self.kv, self.window = c['heads'], c['kv'], window
        self.q_proj, self.k_proj = linear(c['width'], c['heads'] * HEAD, True), linear(c['width'], c['kv'] * HEAD, True)
        self.v_proj, self.o_proj = linear(c['width'], c['kv'] * HEAD, True), linear(c['heads'] * HEAD, c['width'])

    def forward(self, x, cos, sin, cache):
        b, t, _ = x.shape
        q = self.q_proj(x).view(b, t, self.heads, HEAD).transpose(1, 2)
        k = self.k_proj(x).view(b, t, self.kv, HEAD).transpose(1, 2)
        v = self.v_proj(x).view(b, t, self.kv, HEAD).transpose(1, 2)
        turn = lambda z: z * cos + torch.cat((-z[..., HEAD // 2:], z[..., :HEAD // 2]), -1) * sin
        q, k = turn(q), turn(k)
        if cache is not None:
            if cache:
                k, v = torch.cat((cache[0], k), 2), torch.cat((cache[1], v), 2)
            cache[:] = [k, v]
        group = self.heads // self.kv
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        y = attend(q, k, v, self.window)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = linear(c['width'], c['ffn']), linear(c['width'], c['ffn']), linear(c['ffn'], c['width'])

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, c, window):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(c['width']), Attention(c, window)
        self.post_attention_layernorm, self.mlp = Norm(c['width']), Mlp(c)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x, cos, sin, cache):
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin, cache))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))


class Inner(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c['vocab'], c['width'])
        self.layers = nn.ModuleList(Block(c, window) for window in c['windows'])
        self.norm = Norm(c['width'])


class Decoder(nn.Module):
    """forward(ids [batch, length]) -> hidden [batch, length, width]; logits(hidden) uses the tied embedding. written: a list that gets the output of each layer."""

    def __init__(self, c):
        super().__init__()
        self.c, self.model = c, Inner(c)
        for name, p in self.named_parameters():
            if name.endswith('bias'):
                nn.init.zeros_(p)
            elif p.dim() > 1:
                nn.init.normal_(p, std=0.02 if 'down_proj' not in name and 'o_proj' not in name else 0.02 / (2 * len(c['windows'])) ** 0.5)
        f = torch.outer(torch.arange(POSITIONS).float(), frequencies())
        f = torch.cat((f, f), -1)
        self.register_buffer('cos', f.cos(), persistent=False)
        self.register_buffer('sin', f.sin(), persistent=False)

    def forward(self, ids, start=0, caches=None, written=None):
        x = self.model.embed_tokens(ids)
        cos, sin = self.cos[start:start + ids.shape[1]], self.sin[start:start + ids.shape[1]]
        for i, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, None if caches is None else caches[i])
            if written is not None:
                written.append(x)
        return self.model.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.model.embed_tokens.weight)


def save_hf(model, state, folder):
    c = model.c
    save_file({k: v.contiguous().float() for k, v in state.items()}, f'{folder}/model.safetensors', metadata={'format': 'pt'})
    config = dict(architectures=['Qwen2ForCausalLM'], model_type='qwen2', hidden_size=c['width'], intermediate_size=c['ffn'], num_hidden_layers=len(c['windows']), num_attention_heads=c['heads'],
                  num_key_value_heads=c['kv'], head_dim=HEAD, vocab_size=c['vocab'], max_position_embeddings=POSITIONS, rms_norm_eps=EPS, rope_theta=THETA, rope_scaling=STRETCH, hidden_act='silu', tie_word_embeddings=True,
                  use_sliding_window=True, sliding_window=WINDOW, layer_types=['sliding_attention' if w else 'full_attention' for w in c['windows']],
                  attention_dropout=0.0, initializer_range=0.02, use_cache=True, bos_token_id=0, eos_token_id=2, pad_token_id=4, torch_dtype='float32')
    json.dump(config, open(f'{folder}/config.json', 'w'), indent=2)
    json.dump(dict(bos_token_id=0, eos_token_id=2, pad_token_id=4, do_sample=False, max_new_tokens=200), open(f'{folder}/generation_config.json', 'w'), indent=2)


def load_hf(folder):
    c = json.load(open(f'{folder}/config.json'))
    windows = [WINDOW if kind == 'sliding_attention' else None for kind in c['layer_types']]
    model = Decoder(dict(windows=windows, width=c['hidden_size'], heads=c['num_attention_heads'], kv=c['num_key_value_heads'], ffn=c['intermediate_size'], vocab=c['vocab_size']))
    model.load_state_dict(load_file(f'{folder}/model.safetensors'), strict=True)
    return model.eval()
