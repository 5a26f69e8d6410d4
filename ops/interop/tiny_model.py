"""Writes a small random Llama in Hugging Face's layout, the same every time: tiny_model.py DIR [SEED]

Python's standard library alone: the model is for tests of the machinery, not of the arithmetic.
"""
import array
import json
import os
import random
import struct
import sys

folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
hidden, feed_forward, layers, heads, kv_heads, head_size = 64, 128, 2, 4, 2, 16
rng = random.Random(seed)


def byte_alphabet():
    """Byte-level BPE's printable stand-ins for the 256 bytes."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {}, 0
    for byte in range(256):
        if byte in kept:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + extra)
            extra += 1
    return table


specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
vocabulary = {token: index for index, token in enumerate(specials)}
for byte, character in byte_alphabet().items():
    vocabulary[character] = len(vocabulary)

tokenizer = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for i, t in enumerate(specials)],
    "normalizer": None,
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
    "post_processor": None,
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
              "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
              "ignore_merges": False, "vocab": vocabulary, "merges": []},
}
template = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}")
config = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden,
    "intermediate_size": feed_forward, "num_hidden_layers": layers, "num_attention_heads": heads,
    "num_key_value_heads": kv_heads, "head_dim": head_size, "vocab_size": len(vocabulary),
    "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
    "torch_dtype": "float32", "attention_bias": False, "mlp_bias": False,
}

tensors = {"model.embed_tokens.weight": [len(vocabulary), hidden], "model.norm.weight": [hidden]}
for layer in range(layers):
    prefix = f"model.layers.{layer}."
    tensors[prefix + "input_layernorm.weight"] = [hidden]
    tensors[prefix + "post_attention_layernorm.weight"] = [hidden]
    tensors[prefix + "self_attn.q_proj.weight"] = [heads * head_size, hidden]
    tensors[prefix + "self_attn.k_proj.weight"] = [kv_heads * head_size, hidden]
    tensors[prefix + "self_attn.v_proj.weight"] = [kv_heads * head_size, hidden]
    tensors[prefix + "self_attn.o_proj.weight"] = [hidden, heads * head_size]
    tensors[prefix + "mlp.gate_proj.weight"] = [feed_forward, hidden]
    tensors[prefix + "mlp.up_proj.weight"] = [feed_forward, hidden]
    tensors[prefix + "mlp.down_proj.weight"] = [hidden, feed_forward]

header, data, offset = {"__metadata__": {"format": "pt"}}, [], 0
for name in sorted(tensors):
    shape = tensors[name]
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    if len(shape) == 1:
        values = array.array("f", [1.0] * count)
    else:
        values = array.array("f", (rng.gauss(0, 0.08) for _ in range(count)))
    raw = values.tobytes()
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(raw)]}
    data.append(raw)
    offset += len(raw)

os.makedirs(folder, exist_ok=True)
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open(f"{folder}/model.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + b"".join(data))
for name, value in [
        ("config.json", config), ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", {"chat_template": template, "bos_token": "<|im_start|>",
                                   "eos_token": "<|im_end|>", "tokenizer_class": "GPT2Tokenizer"})]:
    with open(f"{folder}/{name}", "w") as out:
        json.dump(value, out, ensure_ascii=False, indent=1)
