"""Checks documents against the schemas with jsonschema, which knows nothing of Ingot.

check_schemas.py examples              every schema, with its valid and invalid examples
check_schemas.py document NAME FILE    a document against schemas/NAME.schema.json
check_schemas.py lines NAME FILE       each line of a file
"""
import json
import pathlib
import sys

import yaml
from jsonschema import Draft202012Validator

root = pathlib.Path(__file__).resolve().parents[2] / "schemas"

# What a schema cannot say, and the program's own reader refuses.
beyond_schemas = {
    "prepared-example/invalid/no-answer.json",
    "registry-access/invalid/name-twice.yaml",
    "verdict/invalid/outcome-does-not-follow.json",
}


def load(path):
    text = path.read_text()
    return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)


def validator(path):
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(check, document, name):
    for error in check.iter_errors(document):
        yield f"{name}: {error.json_path}: {error.message[:200]}"


def example_files(schema, kind):
    """Beside `schemas/`, a folder a schema; in its subfolders one for all, the schema's name first."""
    name = schema.name.removesuffix(".schema.json")
    if schema.parent == root:
        return sorted((root / "examples" / name / kind).iterdir())
    folder = schema.parent / "examples" / kind
    return sorted({*folder.glob(f"{name}.json"), *folder.glob(f"{name}.*.json")})


def check_examples():
    found, counts = [], {"valid": 0, "invalid": 0}
    schemas = sorted(root.rglob("*.schema.json"))
    for schema in schemas:
        check = validator(schema)
        valid = example_files(schema, "valid")
        if not valid:
            found.append(f"{schema.name}: no valid example")
        for path in valid:
            found += faults(check, load(path), path)
        invalid = example_files(schema, "invalid")
        for path in invalid:
            name = str(path.relative_to(root / "examples")) if schema.parent == root else path.name
            if check.is_valid(load(path)) and name not in beyond_schemas:
                found.append(f"{path}: refused by nothing")
        counts["valid"] += len(valid)
        counts["invalid"] += len(invalid)
    print(f"{len(schemas)} schemas, {counts['valid']} valid examples, {counts['invalid']} invalid ones")
    return found


def check_documents(name, path, is_lines):
    check = validator(root / f"{name}.schema.json")
    text = pathlib.Path(path).read_text()
    texts = text.splitlines() if is_lines else [text]
    if not texts:
        return [f"{name}: there is no document"]
    return [fault for text in texts for fault in faults(check, json.loads(text), name)]


if sys.argv[1] == "examples":
    problems = check_examples()
else:
    problems = check_documents(sys.argv[2], sys.argv[3], sys.argv[1] == "lines")
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
