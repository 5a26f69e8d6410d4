"""Writes, as JSON lines, what jinja2 renders for every template in the given directories.

    python template_cases.py DIRECTORY... > cases.jsonl

Each line: {"template": source path, "case": name, "variables": {...}, "text": rendered or null,
"spans": [[start, end]...] in characters, "error": message or null}.
The environment is that of transformers' chat_template_utils (ImmutableSandboxedEnvironment,
trim_blocks, lstrip_blocks, loop controls, the generation tag, tojson without HTML escaping).
"""
import copy, json, pathlib, random, sys
import jinja2, jinja2.ext, jinja2.nodes, jinja2.sandbox


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def __init__(self, environment):
        super().__init__(environment)
        environment.extend(spans=[], rendered=[])

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("mark"), [], [], body).set_lineno(lineno)

    @jinja2.pass_eval_context
    def mark(self, context, caller):
        text = caller()
        start = len("".join(self.environment.rendered))
        self.environment.spans.append([start, start + len(text)])
        return text


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: "<" + format + ">"
    return env


def m(role, content, **more):
    return {"role": role, "content": content, **more}


U, A = m("user", "Hello, who are you?"), m("assistant", "I am Ingot.")
S = m("system", "  You are a terse assistant.\n")
LONG = [m("system", "Be kind."), U, A, m("user", "And 2+2?\n\nExplain."), m("assistant", " 4 \n"), m("user", "Thanks!")]
UNI = [m("system", "Réponds en français – « oui »."), m("user", "日本語 🎉 e\u0301 \u00a0ß <b>&amp;</b> 'q' \"d\""), m("assistant", "ΑΣ Ünïcödé\t\u200b\U0001F9D1\u200d\U0001F680")]
THINK = [U, m("assistant", "<think>\nLet me think.\n</think>\n\nFour."), m("user", "More"), m("assistant", "<think>\n\n</think>\n\nOk.")]
REASON = [U, m("assistant", "Four.", reasoning_content="\nLet me think.\n", thinking="Deep", reasoning="Why"), m("user", "More"), m("assistant", "Ok.", reasoning_content="", thinking=None)]
PARTS = [m("system", [{"type": "text", "text": "Sys."}]), m("user", [{"type": "image"}, {"type": "text", "text": " What is it? "}, {"type": "image", "image": "a.png"}]), m("assistant", [{"type": "text", "text": "A cat."}])]
MEDIA = [m("user", [{"type": "audio", "audio_url": "x"}, {"type": "video", "video": "v"}, {"type": "image_url", "image_url": {"url": "u"}}, {"type": "text", "text": "See"}])]
TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city.", "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The <city> & name"}, "unit": {"type": "string", "enum": ["c", "f"], "default": "c"}, "days": {"type": ["integer", "null"]}, "nested": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}, "b": {"anyOf": [{"type": "string"}, {"type": "boolean"}]}}, "required": ["a"]}}, "required": ["city"]}, "return": {"type": "string"}}},
    {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
def call(arguments, name="get_weather", id="abcdefghi"):
    return {"type": "function", "id": id, "function": {"name": name, "arguments": arguments}}
ARGS = {"city": "Zürich", "days": 3, "f": 1.5, "big": 1e22, "t": True, "n": None, "list": [1, "a", {"k": []}], "empty": {}}
CALLS = [S, U, m("assistant", "", tool_calls=[call(ARGS)]), m("tool", "{\"temperature\": 21}", tool_call_id="abcdefghi", name="get_weather"), m("assistant", "It is 21."), m("user", "Thanks")]
CALLS_STR = [U, m("assistant", None, tool_calls=[call(json.dumps(ARGS)), call("{}", "now", "bcdefghij")]), m("tool", "21", tool_call_id="abcdefghi", name="get_weather"), m("tool", "noon", tool_call_id="bcdefghij", name="now"), m("assistant", "Done.")]
CALLS_DICT2 = [U, m("assistant", "Let me look.", reasoning_content="hm", thinking="hm2", tool_calls=[call({"city": "Bern"}), call({}, "now", "bcdefghij")]), m("tool", {"t": [1, 2.0]}, tool_call_id="abcdefghi", name="get_weather"), m("tool", [{"type": "text", "text": "noon"}], tool_call_id="bcdefghij", name="now")]
BARE = [U, {"role": "assistant", "tool_calls": [{"name": "now", "arguments": {}}]}, {"role": "tool", "content": "x"}]
CONVERSATIONS = {
    "user": [U], "system": [S, U], "turns": LONG, "answered": [S, U, A], "unicode": UNI, "think": THINK, "reason": REASON,
    "parts": PARTS, "media": MEDIA, "calls": CALLS, "calls-text": CALLS_STR, "calls-two": CALLS_DICT2, "bare-call": BARE,
    "two-users": [U, U], "assistant-first": [A, U], "late-system": [U, S, A], "unknown-role": [U, m("critic", "No.")],
    "empty": [], "none-content": [m("user", None)], "no-content": [{"role": "user"}], "no-role": [{"content": "x"}],
    "number": [m("user", 12.5)], "text-message": ["x"], "developer": [m("developer", "Dev."), U],
    "blank": [m("system", ""), m("user", "   "), m("assistant", "\n")], "two-systems": [S, S, U],
    "prefill": [U, m("assistant", "I am", prefix=True)], "tools-end": [U, m("assistant", "", tool_calls=[call({})]), m("ipython", "x")],
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def cases():
    for name, messages in CONVERSATIONS.items():
        tools = name.startswith(("calls", "bare", "tools"))
        base = {"messages": messages, **TOKENS}
        if tools:
            base["tools"] = TOOLS
        yield name, {**base, "add_generation_prompt": False}
        yield name + "+prompt", {**base, "add_generation_prompt": True}
        if name in ("user", "think", "reason", "calls", "calls-two", "turns"):
            yield name + "+thinking", {**base, "add_generation_prompt": True, "enable_thinking": True, "thinking": True}
            yield name + "+no-thinking", {**base, "add_generation_prompt": True, "enable_thinking": False, "thinking": False}
    for name, messages in (("user", [U]), ("system", [S, U]), ("turns", LONG)):
        base = {"messages": messages, **TOKENS, "add_generation_prompt": True}
        yield name + "+tools", {**base, "tools": TOOLS}
        yield name + "+one-tool", {**base, "tools": TOOLS[:1], "tools_in_user_message": False, "date_string": "1 Jan 2026"}
        yield name + "+no-tools", {**base, "tools": None, "documents": None}
        yield name + "+plain-tools", {**base, "tools": [TOOLS[0]["function"]], "builtin_tools": ["wolfram_alpha", "code_interpreter"]}
        yield name + "+documents", {**base, "documents": [{"title": "T", "text": "Body", "doc_id": 1}, {"title": "U", "contents": "More"}], "citation_mode": "fast"}
        yield name + "+effort", {**base, "reasoning_effort": "high", "model_identity": "You are X.", "tools": TOOLS, "xml_tools": TOOLS, "python_tools": TOOLS, "builtin_tools": ["browser", "python"], "custom_tools": TOOLS}
        yield name + "+no-tokens", {"messages": messages}
        yield name + "+odd", {**base, "preserve_thinking": True, "keep_past_thinking": True, "clear_thinking": False, "add_vision_id": True, "default_system_message": "D", "do_tool": 1}
    yield "nothing", {}
    for seed in range(RANDOM_CASES):
        yield f"random-{seed}", random_case(random.Random(seed))


WORDS = ["Hello", " ", "\n", "\n\n", "<think>", "</think>", "é", "日本", "🎉", "{", "}", "\"", "'", "\\", "<|im_end|>", "[INST]", "a.b", "\t", "  x  ",
         "</s>", "<tool_call>", "```python\n", "\u2028", "\u00a0", "&lt;", "<b>", "0", "{{ x }}", "{% if %}", "[TOOL_CALLS]", "final", "analysis"]


def random_text(r):
    return "".join(r.choice(WORDS) for _ in range(r.randrange(8)))


def random_json(r, depth=0):
    kind = r.randrange(8 if depth < 3 else 6)
    if kind == 6:
        return [random_json(r, depth + 1) for _ in range(r.randrange(4))]
    if kind == 7:
        return {r.choice(["a", "b", "city", "é", "k k", "items"]): random_json(r, depth + 1) for _ in range(r.randrange(4))}
    return [random_text(r), r.randrange(-5, 1000), r.random() * 10 ** r.randrange(-8, 20), True, None, ""][kind]


def random_content(r):
    kind = r.randrange(10)
    if kind == 0:
        return None
    if kind < 3:
        return [r.choice([{"type": "text", "text": random_text(r)}, {"type": "image"}, {"type": "text", "text": random_text(r)}, {"type": "video"}]) for _ in range(r.randrange(1, 4))]
    return random_text(r)


def random_case(r):
    messages = [m("system", random_content(r))] if r.random() < 0.5 else []
    for _ in range(r.randrange(1, 5)):
        messages.append(m("user", random_content(r)))
        answer = m("assistant", random_content(r))
        if r.random() < 0.3:
            answer[r.choice(["reasoning_content", "thinking", "reasoning"])] = random_text(r)
        if r.random() < 0.4:
            arguments = {k: random_json(r) for k in r.sample(["city", "days", "f", "é", "x y"], r.randrange(4))}
            answer["tool_calls"] = [call(json.dumps(arguments) if r.random() < 0.3 else arguments, r.choice(["get_weather", "now"]), "abcdefgh" + str(i)) for i in range(r.randrange(1, 3))]
            if r.random() < 0.3:
                del answer["content"]
            messages.append(answer)
            for i in range(len(answer["tool_calls"])):
                messages.append(m("tool", random_content(r) or "", tool_call_id="abcdefgh" + str(i), name="now"))
            answer = m("assistant", random_text(r))
        if r.random() < 0.9:
            messages.append(answer)
    variables = {"messages": messages, **TOKENS}
    for name, values in {"add_generation_prompt": (True, False), "tools": (TOOLS, TOOLS[:1], None, []), "enable_thinking": (True, False), "documents": (None, []), "thinking": (True, False),
                         "reasoning_effort": ("low", "high", None), "preserve_thinking": (True,), "date_string": ("1 Jan 2026",)}.items():
        if r.random() < 0.5:
            variables[name] = r.choice(values)
    return variables


RANDOM_CASES = 12


def main():
    for directory in sys.argv[1:]:
        for path in sorted(pathlib.Path(directory).rglob("*.jinja")):
            env = environment()
            try:
                template, failure = env.from_string(path.read_bytes().decode()), None
            except Exception as error:
                template, failure = None, error
            for name, variables in cases():
                env.spans.clear()
                env.rendered.clear()
                text, error = None, failure
                if template is not None:
                    try:
                        for block in template.generate(**copy.deepcopy(variables)):
                            env.rendered.append(block)
                        text, error = "".join(env.rendered), None
                    except Exception as raised:
                        error = raised
                line = {"template": str(path), "case": name, "variables": variables, "text": text,
                        "spans": list(env.spans), "error": error and f"{type(error).__name__}: {error}"}
                print(json.dumps(line))


if __name__ == "__main__":
    main()
