"""Q4_K and Q6_K of random blocks against gguf-py's dequantisation, bit for bit: k_quants.py INGOT_BENCH"""
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

import gguf
import numpy
from gguf import GGMLQuantizationType as Type

bench = sys.argv[1]
rng = numpy.random.default_rng(5)
width, vocabulary = 512, 257
shapes = {"q_proj": ("attn_q", 512, 512), "k_proj": ("attn_k", 256, 512), "v_proj": ("attn_v", 256, 512),
          "o_proj": ("attn_output", 512, 512), "gate_proj": ("ffn_gate", 256, 512),
          "up_proj": ("ffn_up", 256, 512), "down_proj": ("ffn_down", 512, 256)}
folder = tempfile.TemporaryDirectory()
path = f"{folder.name}/model.gguf"
# An architecture whose rows of q and k keep their order, without norms in the heads or biases: the
# values are compared, not logits.
writer = gguf.GGUFWriter(path, "qwen2")
writer.add_block_count(1)
writer.add_context_length(64)
writer.add_embedding_length(width)
writer.add_feed_forward_length(256)
writer.add_head_count(8)
writer.add_head_count_kv(4)
writer.add_layer_norm_rms_eps(1e-5)
byte_tokens = [chr(b if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174 else 256 + sum(
    not (33 <= c <= 126 or 161 <= c <= 172 or c >= 174) for c in range(b))) for b in range(256)]
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("smollm")
writer.add_token_list(byte_tokens + [byte_tokens[0] + byte_tokens[1]])
writer.add_token_types([1] * vocabulary)
writer.add_token_merges([f"{byte_tokens[0]} {byte_tokens[1]}"])


def blocks(kind, rows, columns):
    length, size = gguf.GGML_QUANT_SIZES[kind]
    raw = rng.integers(0, 256, (rows, columns // length, size), dtype=numpy.uint8)
    for place in [0, 2] if kind == Type.Q4_K else [208]:
        # Scales of any size, but finite.
        raw[..., place + 1] &= 0xBF
    return raw.reshape(rows, -1)


expected = {}
for index, (role, (name, rows, columns)) in enumerate(shapes.items()):
    kind = [Type.Q4_K, Type.Q6_K][index % 2]
    raw = blocks(kind, rows, columns)
    writer.add_tensor(f"blk.0.{name}.weight", raw, raw_dtype=kind)
    expected[role] = gguf.quants.dequantize(raw, kind).astype("<f4")
    if name in ("attn_q", "attn_k", "attn_v"):
        writer.add_tensor(f"blk.0.{name}.bias", numpy.zeros(rows, "<f4"))
writer.add_tensor("token_embd.weight", numpy.zeros((vocabulary, width), "<f4"))
for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
    writer.add_tensor(f"{name}.weight", numpy.ones(width, "<f4"))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
subprocess.run([bench, "weights", "--model", path, "-o", f"{folder.name}/out"], check=True)
failed = False
for index, (role, values) in enumerate(expected.items()):
    ours = numpy.fromfile(f"{folder.name}/out/{role}", dtype="<f4").reshape(values.shape)
    different = int((ours.view("u4") != values.view("u4")).sum())
    # 0 · −1 and −0 are told apart by their bits alone.
    different -= int(((ours == 0) & (values == 0) & (ours.view("u4") != values.view("u4"))).sum())
    print(f"{role} {['Q4_K', 'Q6_K'][index % 2]}: {values.size} values, {different} differ from gguf-py "
          f"{version('gguf')}")
    failed |= different != 0
sys.exit(failed)
