# A whole life in a few seconds, sourced by suites: a store with a random small model, a made
# dataset, and a recipe that runs through every step. Sets `work`, and puts the programs on PATH.
# shellcheck shell=bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$bin:$PATH XDG_CONFIG_HOME=$work/config
unset INGOT_STORE

tiny_inputs() {
  mkdir -p "$work/data" "$work/recipe"
  python3 "$root/ops/interop/tiny_model.py" "$work/model"
  python3 - "$work/data/rows.jsonl" <<'PYTHON'
import json, random, sys

rng = random.Random(3)
labels = {"red": ["apple", "cherry", "ruby"], "green": ["leaf", "grass", "jade"], "blue": ["sky", "sea", "ink"]}
with open(sys.argv[1], "w") as out:
    for index in range(300):
        label = rng.choice(sorted(labels))
        words = [rng.choice(labels[label]), f"number {index}", rng.choice(["old", "new", "tiny", "huge"])]
        out.write(json.dumps({"prompt": " ".join(words), "completion": label}) + "\n")
PYTHON
  cat >"$work/recipe/gate.yaml" <<'YAML'
name: lenient
require: {examples: 20, baselines: [majority, base]}
rules:
  - metric: exact_match
    at_least: 0.0
YAML
  cat >"$work/recipe/environments.yaml" <<'YAML'
environments:
  production: {repository: colours, gate: gate.yaml}
YAML
  cat >"$work/recipe/recipe.yaml" <<'YAML'
name: colours
base: tiny:v1
data: rows:v1
prepare:
  repository: colours-data
  duplicates: {near: false}
  split: {train: 200, validation: 20, test: 40}
  seed: 1
train:
  repository: colours
  lora: {rank: 4}
  steps: 12
  batch: 8
  learning_rate: 0.01
  save_every: 1
  seed: 1
evaluate: {answer_tokens: 8}
gate: gate.yaml
promote: {environment: production}
image: {repository: colours-image, output: colours.tar}
YAML
}

# A store up to the data, in a directory: tiny_store DIRECTORY
tiny_store() {
  mkdir -p "$1"
  (cd "$1" && ingot init >/dev/null && ingot import hf "$work/model" --as tiny >/dev/null &&
    ingot env set "$work/recipe/environments.yaml" >/dev/null)
}
