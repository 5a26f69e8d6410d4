"""PyTorch + PEFT: LoRA steps over random tokens, r=16 on all linear layers, two threads.

Arguments: MODEL.gguf DTYPE BATCH LENGTH. Prints one JSON object: tokens a second of the best step but
the first, and the peak of resident memory.
"""
import json
import os
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

path, dtype, batch, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(2)
model = AutoModelForCausalLM.from_pretrained(
    os.path.dirname(path), gguf_file=os.path.basename(path),
    dtype={"fp32": torch.float32, "bf16": torch.bfloat16}[dtype])
model.config.use_cache = False
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(
    model, LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM"))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
generator = torch.Generator().manual_seed(0)
model.train()
seconds = []
for _ in range(4):
    tokens = torch.randint(0, 49152, (batch, length), generator=generator)
    start = time.perf_counter()
    model(input_ids=tokens, labels=tokens).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    seconds.append(time.perf_counter() - start)
print(json.dumps({
    "tokens_per_second": batch * length / min(seconds[1:]),
    "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
