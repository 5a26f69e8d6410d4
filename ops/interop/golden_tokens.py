"""Compares Ingot's token ids with llama.cpp's golden files (ggml-vocab-*.gguf.inp/.out).

usage: golden_tokens.py INGOT_BENCH VOCABULARY_DIRECTORY
"""
import json, os, subprocess, sys, tempfile

probe, directory = sys.argv[1:3]
names = ["gpt-2", "llama-bpe", "qwen2", "starcoder", "refact", "command-r"]
failed = 0
for name in names:
    base = os.path.join(directory, f"ggml-vocab-{name}.gguf")
    texts = open(base + ".inp", encoding="utf-8", newline="").read().split("\n__ggml_vocab_test__\n")
    golden = [line.split() for line in open(base + ".out").read().split("\n")]
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(texts, file)
    run = subprocess.run([probe, "tokens", "--model", base, "--texts", file.name], capture_output=True, text=True)
    os.unlink(file.name)
    if run.returncode != 0:
        print(name, "FAILED TO LOAD:", run.stderr[-300:]); failed += 1; continue
    found = [line.split() for line in run.stdout.split("\n")]
    count = min(len(texts), len(golden))
    bad = [i for i in range(count) if golden[i] != found[i]]
    print(f"{name}: {count - len(bad)} of {count} texts agree")
    for i in bad[:5]:
        failed += 1
        print("  ", repr(texts[i])[:200], "\n   golden", golden[i][:30], "\n   found ", found[i][:30])
sys.exit(1 if failed else 0)
