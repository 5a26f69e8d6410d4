"""PyTorch + PEFT on real examples: padded batches, loss on the completions, two threads.

Arguments: MODEL.gguf DTYPE BATCH FILE.jsonl COUNT. Prints one JSON object.
"""
import json
import os
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

path, dtype, batch, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
torch.set_num_threads(2)
torch.manual_seed(0)
folder, name = os.path.split(path)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
model = AutoModelForCausalLM.from_pretrained(
    folder, gguf_file=name, dtype={"fp32": torch.float32, "bf16": torch.bfloat16}[dtype])
model.config.use_cache = False
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(
    model, LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM"))
examples = []
for line in list(open(file))[:count]:
    row = json.loads(line)
    prompt = tokenizer(f"<|im_start|>user\n{row['prompt']}<|im_end|>\n<|im_start|>assistant\n")["input_ids"]
    answer = tokenizer(f"{row['completion']}<|im_end|>\n")["input_ids"]
    examples.append((prompt + answer, [-100] * len(prompt) + answer))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-4)
model.train()
start = time.perf_counter()
for i in range(0, len(examples), batch):
    part = examples[i:i + batch]
    width = max(len(x) for x, _ in part)
    x = torch.tensor([e + [2] * (width - len(e)) for e, _ in part])
    y = torch.tensor([t + [-100] * (width - len(t)) for _, t in part])
    mask = torch.tensor([[1] * len(e) + [0] * (width - len(e)) for e, _ in part])
    model(input_ids=x, labels=y, attention_mask=mask).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
seconds = time.perf_counter() - start
print(json.dumps({
    "examples_per_second": len(examples) / seconds,
    "tokens_per_second": sum(len(e) for e, _ in examples) / seconds,
    "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
