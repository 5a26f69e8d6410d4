"""LoRA steps in PyTorch + PEFT from Ingot's initial adapter, on the examples and settings of a run.

Arguments: MODEL RUN_DIR [nf4|int8]. MODEL is a GGUF file or a Hugging Face directory; with a third
argument its blocks are quantised by bitsandbytes. RUN_DIR holds initial/ and final/ (PEFT adapter directories) and
run.json: {examples: [{tokens, isTrained}], examplesPerStep, seed, rates: [..], clipNorm,
losses: [..], norms: [..], weightDecay, dropout, rowLength}. With dropout PEFT's layers get Ingot's
masks, drawn here from the same counters. Fails if a loss differs by more than 1e-4 relative, or
if the final adapter of PEFT is not Ingot's.
"""
import json, os, sys, warnings

import numpy
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def philox(key, counter):
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    x = list(counter)
    for _ in range(10):
        a, b = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
        x = [(b >> 32) ^ x[1] ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ x[3] ^ k1, a & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x


def permutation(seed, count, stream, epoch):
    def word(i):
        return philox(seed, [i // 4 & 0xFFFFFFFF, i // 4 >> 32, stream, epoch])[i % 4]
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        other = (((word(2 * i) << 32) | word(2 * i + 1)) * (i + 1)) >> 64
        order[i], order[other] = order[other], order[i]
    return order


def quantised(names):
    """Settings of transformers for QLoRA; bitsandbytes is imported for them alone."""
    if names != ["nf4"]:
        return {}
    from transformers import BitsAndBytesConfig
    return {"device_map": "cpu", "quantization_config": BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32)}


def restore_int8(model):
    """Puts the values of LLM.int8()'s weights in place: its layers would round their inputs too."""
    from bitsandbytes import functional
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear) and ".layers." in name:
            codes, scales, _ = functional.int8_vectorwise_quant(layer.weight.data.to(torch.float16))
            layer.weight.data = functional.int8_vectorwise_dequant(codes, scales)


def words(seed, rows, columns, stream, step):
    """Philox at (column // 4, row, stream, step): [rows, columns] words."""
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    blocks = -(-columns // 4)
    mask, shift = numpy.uint64(0xFFFFFFFF), numpy.uint64(32)
    x = [numpy.broadcast_to(numpy.arange(blocks, dtype=numpy.uint64), (len(rows), blocks)),
         numpy.broadcast_to(numpy.array(rows, dtype=numpy.uint64)[:, None], (len(rows), blocks)),
         numpy.full((len(rows), blocks), stream, dtype=numpy.uint64),
         numpy.full((len(rows), blocks), step, dtype=numpy.uint64)]
    for _ in range(10):
        a, b = x[0] * numpy.uint64(0xD2511F53), x[2] * numpy.uint64(0xCD9E8D57)
        x = [(b >> shift) ^ x[1] ^ numpy.uint64(k0), b & mask,
             (a >> shift) ^ x[3] ^ numpy.uint64(k1), a & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return numpy.stack(x, axis=2).reshape(len(rows), 4 * blocks)[:, :columns]


def packed(lengths, row_length):
    """The order in which a step's examples are computed: best fit, longest first."""
    rows, free = [], []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        fitting = [r for r in range(len(rows)) if free[r] >= lengths[i]]
        if fitting:
            best = min(fitting, key=lambda r: (free[r], r))
            rows[best].append(i)
            free[best] -= lengths[i]
        else:
            rows.append([i])
            free.append(row_length - lengths[i])
    return [i for row in rows for i in sorted(row)]


class Mask(torch.nn.Module):
    """Ingot's dropout in the place of PEFT's."""
    step, first, counts = 0, [], []

    def __init__(self, place):
        super().__init__()
        self.place = place

    def forward(self, x):
        factors = torch.ones_like(x)
        for i, (first, count) in enumerate(zip(Mask.first, Mask.counts)):
            found = words(run["seed"], range(first, first + count), x.shape[2],
                          0x44000000 | self.place, Mask.step)
            kept = found >= int(run["dropout"] * 2**32)
            factors[i, :count] = torch.from_numpy(kept) * numpy.float32(1 / (1 - run["dropout"]))
        return x * factors


def use_masks(model):
    roles = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    for name, module in model.named_modules():
        if "lora_dropout" in getattr(module, "_modules", {}):
            parts = name.split(".")
            layer = int(parts[parts.index("layers") + 1])
            module.lora_dropout["default"] = Mask(layer * len(roles) + roles.index(parts[-1]))


directory = sys.argv[2]
run = json.load(open(directory + "/run.json"))
torch.set_num_threads(2)
path = sys.argv[1]
source = [path] if os.path.isdir(path) else [os.path.dirname(path), os.path.basename(path)]
base = AutoModelForCausalLM.from_pretrained(
    source[0], gguf_file=(source + [None])[1], dtype=torch.float32, **quantised(sys.argv[3:]))
if sys.argv[3:] == ["int8"]:
    restore_int8(base)
base.config.use_cache = False
with warnings.catch_warnings():
    warnings.filterwarnings("error", category=UserWarning)
    model = PeftModel.from_pretrained(base, directory + "/initial", is_trainable=True)
model.train()
if run["dropout"]:
    use_masks(model)
parameters = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=1.0, weight_decay=run["weightDecay"])
size, count = run["examplesPerStep"], len(run["examples"])
per_epoch = -(-count // size)
worst = 0.0
for step, rate in enumerate(run["rates"]):
    order = permutation(run["seed"], count, 0x4F524452, step // per_epoch)
    first = step % per_epoch * size
    chosen = [run["examples"][i] for i in order[first:first + size]]
    longest = max(len(e["tokens"]) for e in chosen)
    tokens = torch.zeros(len(chosen), longest, dtype=torch.long)
    mask = torch.zeros(len(chosen), longest, dtype=torch.long)
    labels = torch.full((len(chosen), longest), -100)
    for i, e in enumerate(chosen):
        n = len(e["tokens"])
        tokens[i, :n] = torch.tensor(e["tokens"])
        mask[i, :n] = 1
        for j in range(n):
            if e["isTrained"][j]:
                labels[i, j] = e["tokens"][j]
    computed = [max(j for j, flag in enumerate(e["isTrained"]) if flag) for e in chosen]
    Mask.step, Mask.counts, Mask.first, used = step + 1, computed, [0] * len(chosen), 0
    for i in packed([len(e["tokens"]) for e in chosen], run["rowLength"]):
        Mask.first[i] = used
        used += computed[i]
    logits = model(input_ids=tokens, attention_mask=mask).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=-100)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters, run["clipNorm"])
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    optimizer.zero_grad()
    ours = run["losses"][step]
    difference = abs(ours - loss.item()) / abs(loss.item())
    worst = max(worst, difference)
    print(f"step {step + 1} loss {loss.item():.6f} ingot {ours:.6f} relative {difference:.1e} "
          f"norm {norm.item():.4f} ingot {run['norms'][step]:.4f}")
final = load_file(directory + "/final/adapter_model.safetensors")
gap = 0.0
for name, value in model.state_dict().items():
    if "lora_" in name:
        gap = max(gap, (value - final[name.replace(".default", "")]).abs().max().item())
print(f"worst loss difference {worst:.1e}, largest parameter difference {gap:.1e}")
sys.exit(0 if worst < 1e-4 else 1)
