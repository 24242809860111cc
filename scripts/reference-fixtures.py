"""Writes test/fixtures/checkpoints/: one tiny random checkpoint per architecture, with the logits that the reference
implementation (Hugging Face transformers, float32, eager attention) computes from it.

Each folder holds config.json and safetensors as `save_pretrained` writes them, reference.json (the token sequences and
the versions used) and logits.bin: float32, little-endian, [all positions of all sequences, vocabulary].

Needs torch, transformers and safetensors:  python3 scripts/reference-fixtures.py
"""

import json
import pathlib
import shutil

import torch
import transformers

TARGET = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "checkpoints"
# The longest goes far beyond every window and RoPE boundary below.
LENGTHS = [1, 7, 40, 100]
WINDOW = 16

COMMON = dict(
    vocab_size=256,
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=512,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
)

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}

# name: (model class, config class, settings, dtype of the saved weights, shard size)
CASES = {
    "llama-3.2": (
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig,
        dict(tie_word_embeddings=True, rope_parameters=LLAMA3_ROPE, head_dim=16, rms_norm_eps=1e-5),
        torch.bfloat16,
        None,
    ),
    "llama-2": (
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig,
        dict(tie_word_embeddings=False, num_key_value_heads=4, rms_norm_eps=1e-5),
        torch.float16,
        "100KB",
    ),
    "llama-linear-rope": (
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig,
        dict(
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
        ),
        torch.bfloat16,
        None,
    ),
    "smollm2": (
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig,
        dict(
            tie_word_embeddings=True,
            hidden_size=48,
            num_attention_heads=3,
            num_key_value_heads=1,
            rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
        ),
        torch.bfloat16,
        None,
    ),
    "mistral": (
        transformers.MistralForCausalLM,
        transformers.MistralConfig,
        dict(tie_word_embeddings=False, sliding_window=WINDOW, head_dim=16),
        torch.float32,
        None,
    ),
    "qwen2": (
        transformers.Qwen2ForCausalLM,
        transformers.Qwen2Config,
        dict(tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
        torch.bfloat16,
        None,
    ),
    "qwen3": (
        transformers.Qwen3ForCausalLM,
        transformers.Qwen3Config,
        dict(tie_word_embeddings=True, head_dim=32),
        torch.bfloat16,
        None,
    ),
    "gemma-2": (
        transformers.Gemma2ForCausalLM,
        transformers.Gemma2Config,
        dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=24, attn_logit_softcapping=5.0),
        torch.bfloat16,
        None,
    ),
    "gemma-3": (
        transformers.Gemma3ForCausalLM,
        transformers.Gemma3TextConfig,
        dict(
            head_dim=32,
            sliding_window=WINDOW,
            query_pre_attn_scalar=24,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        ),
        torch.bfloat16,
        None,
    ),
}


def randomise(model, gemma):
    """Weights large enough that every part of the network shows in the logits; the initial ones hardly do."""
    generator = torch.Generator().manual_seed(20240601)
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            values = 0.2 * values + (0.0 if gemma else 1.0)
        else:
            values = 0.2 * values
        with torch.no_grad():
            parameter.copy_(values)


def write(name, model_class, config_class, settings, dtype, shard_size):
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    config = config_class(**{**COMMON, **settings})
    model = model_class(config)
    randomise(model, name.startswith("gemma"))
    sharding = {} if shard_size is None else {"max_shard_size": shard_size}
    model.to(dtype).save_pretrained(folder, **sharding)
    # Computed from what the files hold. (Casting the model back would leave its rotary frequencies rounded.)
    model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    (folder / "generation_config.json").unlink(missing_ok=True)

    generator = torch.Generator().manual_seed(len(name))
    sequences = [torch.randint(3, COMMON["vocab_size"], (length,), generator=generator) for length in LENGTHS]
    with torch.no_grad():
        logits = [model(sequence[None]).logits[0].float() for sequence in sequences]
    torch.cat(logits).numpy().astype("<f4").tofile(folder / "logits.bin")
    reference = {
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "sequences": [sequence.tolist() for sequence in sequences],
    }
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert size < 1_000_000, f"{name}: {size} bytes"
    spread = torch.cat(logits).std().item()
    print(f"{name}: {size} bytes, logits of standard deviation {spread:.2f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case, arguments in CASES.items():
        write(case, *arguments)
