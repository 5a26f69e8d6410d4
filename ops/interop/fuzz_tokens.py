"""Fuzzes Ingot's tokenizer against `tokenizers` with the pre-tokenizer of the family.

Three ways: from the GGUF without special tokens, with them, and from a tokenizer.json that `tokenizers` writes.

usage: fuzz_tokens.py INGOT_BENCH MODEL.gguf [smollm|gpt2|llama3|qwen2] [COUNT] [SEED]
"""
import json, os, random, subprocess, sys, tempfile, unicodedata
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, Regex, models, pre_tokenizers, normalizers, decoders

probe, path = sys.argv[1:3]
kind = sys.argv[3] if len(sys.argv) > 3 else "smollm"
count = int(sys.argv[4]) if len(sys.argv) > 4 else 100_000
seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1

fields = GGUFReader(path).fields
tokens = fields["tokenizer.ggml.tokens"].contents()
merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"].contents()]
types = fields["tokenizer.ggml.token_type"].contents()
vocabulary = {t: i for i, (t, k) in enumerate(zip(tokens, types)) if k == 1}
# merges may name tokens of other types
vocabulary.update({t: i for i, t in enumerate(tokens) if t not in vocabulary})
oracle = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=kind == "llama3"))
big = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
       r"|\s*[\r\n]+|\s+(?!\S)|\s+")
byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind in ("smollm", "gpt2"))
if kind == "smollm":
    oracle.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
elif kind == "gpt2":
    oracle.pre_tokenizer = byte_level
else:
    split = pre_tokenizers.Split(Regex(big % ("{1,3}" if kind == "llama3" else "")), "isolated")
    oracle.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
if kind == "qwen2":
    oracle.normalizer = normalizers.NFC()
oracle.decoder = decoders.ByteLevel()

dice = random.Random(seed)
spaces = " \t\n\r\u00a0\u3000\u2003\u2028\u2029\u0085\u200b\u1680\u202f\v\f\u180e\ufeff"
pools = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", spaces, "  \t\n\n",
    "'\"!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`", "äöüßéèñçøåÆŒžłđıİſK", "дщяЖёїґ", "你好世界漢字日本語ひらがなカタカナ한국어조선글",
    "\u0301\u0308\u0327\u20d0\u0483\u0334\u1161\u11a8\u1100\u093f\u0e33\u0345", "٠١٢३४५²³¹½ⅣⅫ①⑩一二𝟘𝟙",
    "😀👩‍👩‍👧‍👦🏳️‍🌈❤️🇩🇪👍🏽", "अआइकखगघ", "עבריתالعربية", "\x00\x01\x1f\x7f\u200d\u2060\ue000",
]
words = ["the", " the", "ing", "don't", "I'M", "'s", "'S", "'ll", "'LL", "'re", "'Re", "'ve", "'d", "'D", "'t", "'m", "''s",
         "def f(x):\n    return 10", "  20", "\t\t7", "x = 10\n    20", "http://a.b/c?d=1", "3.14159", "2024-11-24", "\r\n", "\r\n\r\n",
         "ʼs", "'ſ", "'Ä", " '", " 's", "e\u0301", "a\u0308\u0304", "Ω", "가", "각", "<|im_start|>", "lib", "-dev", "python3-"]
assigned = [chr(c) for c in range(0x110000)
            if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")
            # The normaliser of `tokenizers` has old tables: newer marks keep another order there.
            and (kind != "qwen2" or unicodedata.ucd_3_2_0.category(chr(c)) != "Cn")]

def text():
    parts = []
    for _ in range(dice.randint(1, 12)):
        choice = dice.random()
        if choice < 0.35: parts.append(dice.choice(words))
        elif choice < 0.9:
            pool = dice.choice(pools)
            parts.append("".join(dice.choice(pool) for _ in range(dice.randint(1, 6))))
        else: parts.append("".join(dice.choice(assigned) for _ in range(dice.randint(1, 4))))
    return "".join(parts)

words += [t for t, k in zip(tokens, types) if k == 3][:40]
texts = [text() for _ in range(count)]

def compare(label, source, parse):
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(texts, file)
    command = [probe, "tokens", "--model", source, "--texts", file.name] + (["--special"] if parse == "1" else [])
    run = subprocess.run(command, capture_output=True, text=True)
    os.unlink(file.name)
    if run.returncode != 0: sys.exit(run.stderr[:2000])
    found = run.stdout.split("\n")
    expected = oracle.encode_batch(texts, add_special_tokens=False)
    bad = [i for i in range(count) if " ".join(map(str, expected[i].ids)) != found[i]]
    print(f"{kind} {label}: {count - len(bad)} of {count} texts agree (seed {seed})")
    for i in bad[:8]:
        print("  ", ascii(texts[i])[:300], "\n   tokenizers", expected[i].tokens[:40], "\n   ingot     ", [tokens[int(x)] for x in found[i].split()][:40])
    return len(bad)

failures = compare("gguf", path, "0")
special = [AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, types) if k == 3]
if special: oracle.add_special_tokens(special)
failures += compare("gguf, special tokens", path, "1")
with tempfile.TemporaryDirectory() as directory:
    oracle.save(os.path.join(directory, "tokenizer.json"))
    failures += compare("tokenizer.json", directory, "1")
sys.exit(1 if failures else 0)
