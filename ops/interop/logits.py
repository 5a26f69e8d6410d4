"""Logits of Ingot beside transformers (weights dequantised to fp32), with and without an adapter.

Arguments: INGOT_BENCH MODEL [ADAPTER_DIRECTORY]. MODEL is a GGUF file or a Hugging Face directory; a file
NAME.gguf beside a directory NAME must give the same bits.
Fails when a logit differs by 1e-3 or more, or the argmax differs where the top two are 2e-3 apart.
"""
import os
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch
import transformers
from transformers import AutoModelForCausalLM

bench, path = sys.argv[1:3]
adapter = sys.argv[3] if len(sys.argv) > 3 else None
torch.set_num_threads(2)
source = [path] if os.path.isdir(path) else [os.path.dirname(path), os.path.basename(path)]
model = AutoModelForCausalLM.from_pretrained(
    source[0], gguf_file=(source + [None])[1], dtype=torch.float32)
vocabulary = model.config.vocab_size
if adapter:
    import peft
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # transformers about its own property, whatever the adapter.
        warnings.simplefilter("ignore", FutureWarning)
        model = peft.PeftModel.from_pretrained(model, adapter)
    print(f"peft {peft.__version__} loads the adapter without a warning")
model.eval()
sequences = {
    "scattered ids": [(i * 7919 + 13) % vocabulary for i in range(72)],
    "a chat": [1, 4093, 198, 1780, 198, 32, 4093, 314, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531, 198],
}
sequences["a chat"] = [token % vocabulary for token in sequences["a chat"]]
failed = False
for name, tokens in sequences.items():
    with torch.no_grad():
        theirs = model(torch.tensor([tokens])).logits[0].numpy()
    results = []
    files = [path] + [path + ".gguf"] * os.path.exists(path + ".gguf")
    for file_read, extra in [(files[0], []), (files[0], ["--one-by-one"]), (files[-1], [])]:
        with tempfile.NamedTemporaryFile() as file:
            command = [bench, "logits", "--model", file_read, "--tokens", ",".join(map(str, tokens)), "-o", file.name]
            subprocess.run(command + extra + (["--adapter", adapter] if adapter else []), check=True)
            results.append(numpy.fromfile(file.name, dtype="<f4").reshape(theirs.shape))
    ours, decoded, of_gguf = results
    top = numpy.sort(theirs, axis=1)
    apart = top[:, -1] - top[:, -2] > 2e-3
    agree = bool((theirs.argmax(1) == ours.argmax(1))[apart].all())
    gap = float(abs(ours - theirs).max())
    same = ours.tobytes() == decoded.tobytes() == of_gguf.tobytes()
    print(f"{name}: largest difference {gap:.2e} to transformers {transformers.__version__}, "
          f"argmax {'agrees' if agree else 'DIFFERS'}, {'prefill, decode and GGUF' if len(files) > 1 else 'prefill and decode'} "
          f"{'the same bits' if same else 'DIFFER'}")
    failed |= gap >= 1e-3 or not agree or not same
sys.exit(failed)
