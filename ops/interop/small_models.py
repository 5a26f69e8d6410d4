"""Small random models of every architecture, as transformers saves them: small_models.py DIR

Each becomes a directory DIR/NAME with the tokenizer of tiny_model.py, and a file DIR/NAME.gguf with
the same weights.
"""
import os
import subprocess
import sys

import gguf
import numpy
import torch
import transformers

folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
common = dict(
    vocab_size=260, hidden_size=64, intermediate_size=128, num_hidden_layers=3,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
    bos_token_id=1, eos_token_id=2, dtype="float32")
llama3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=32)
models = {
    "llama2": ("Llama", dict(num_key_value_heads=4)),
    # SmolLM2-135M's widths.
    "smollm2": ("Llama", dict(
        hidden_size=576, intermediate_size=1536, num_attention_heads=9, num_key_value_heads=3,
        num_hidden_layers=1, tie_word_embeddings=True)),
    "llama3": ("Llama", dict(rope_parameters=llama3, tie_word_embeddings=True)),
    "linear": ("Llama", dict(rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0))),
    "mistral": ("Mistral", dict(sliding_window=9)),
    "qwen2": ("Qwen2", dict(tie_word_embeddings=True)),
    "qwen3": ("Qwen3", dict(head_dim=32, use_sliding_window=True, sliding_window=20, max_window_layers=0)),
}


def randomise(model):
    generator = torch.Generator().manual_seed(11)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("norm.weight"):
            value.data = 1 + 0.2 * noise
        elif name.endswith("bias"):
            value.data = 0.5 * noise
        else:
            value.data = noise / value.shape[1] ** 0.5
    model.tie_weights()


def rope_factors(rope, size):
    """As llama.cpp's converter computes them."""
    frequencies = 1 / rope["rope_theta"] ** (torch.arange(0, size, 2).float() / size)
    waves = rope["original_max_position_embeddings"] / (2 * torch.pi / frequencies)
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    share = (waves - low) / (high - low)
    blend = 1 / ((1 - share) / factor + share)
    return torch.where(waves > high, 1.0, torch.where(waves < low, factor, blend)).float().numpy()


def write_gguf(path, config, tensors, tokens):
    architecture = "llama" if config.model_type == "mistral" else config.model_type
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_factors(rope, size))
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges([f"{tokens[3]} {tokens[4]}"])
    numbers = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(numbers[architecture], config.num_hidden_layers)
    for name, value in tensors.items():
        for projection, heads in (("q_proj", config.num_attention_heads), ("k_proj", config.num_key_value_heads)):
            if architecture == "llama" and projection in name:
                value = value.reshape(heads, 2, size // 2, -1).transpose(1, 2).reshape(value.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), numpy.ascontiguousarray(value.numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for name, (family, changes) in models.items():
    directory = f"{folder}/{name}"
    subprocess.run([sys.executable, f"{here}/tiny_model.py", directory], check=True)
    config = getattr(transformers, family + "Config")(**{**common, **changes})
    model = getattr(transformers, family + "ForCausalLM")(config)
    randomise(model)
    model.save_pretrained(directory)
    tensors = {k: v for k, v in model.state_dict().items()
               if not (config.tie_word_embeddings and k == "lm_head.weight")}
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    tokens = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    # GGUF wants a merge, and what it makes.
    tokens.append(tokens[3] + tokens[4])
    write_gguf(f"{folder}/{name}.gguf", config, tensors, tokens)
    print(f"{name}: {family}ForCausalLM, {sum(v.numel() for v in tensors.values())} parameters")
