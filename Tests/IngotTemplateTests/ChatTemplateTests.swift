// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotTemplate

@Suite struct ChatTemplateTests {
    private static let conversation: [String: JSONValue] = [
        "messages": [
            ["role": "user", "content": "Grüße 🎉"],
            ["role": "assistant", "content": " ok\n"],
        ],
        "add_generation_prompt": true,
    ]

    @Test("renders ChatML, the template of most small models")
    func rendersChatML() throws {
        let template = try ChatTemplate(
            source: #"""
                {% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + \#
                message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\#
                {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
                """#
        )
        let text = try template.render(Self.conversation)
        #expect(
            text == """
                <|im_start|>user
                Grüße 🎉<|im_end|>
                <|im_start|>assistant
                 ok
                <|im_end|>
                <|im_start|>assistant

                """
        )
    }

    @Test("adds the system message of SmolLM2 where the conversation has none")
    func rendersSmolLM2() throws {
        let template = try ChatTemplate(
            source: #"""
                {% for message in messages %}\#
                {% if loop.first and messages[0]['role'] != 'system' %}\#
                {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by \#
                Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' \#
                + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\#
                {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
                """#
        )
        let text = try template.render(Self.conversation)
        #expect(
            text == """
                <|im_start|>system
                You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
                <|im_start|>user
                Grüße 🎉<|im_end|>
                <|im_start|>assistant
                 ok
                <|im_end|>
                <|im_start|>assistant

                """
        )
    }

    @Test("renders tools, calls and thinking in the order the conversation gives them")
    func rendersTools() throws {
        let source = #"""
            {%- if tools %}
                {{- '<tools>' }}
                {%- for tool in tools %}
                    {{- '\n' ~ (tool | tojson) }}
                {%- endfor %}
                {{- '\n</tools>\n' }}
            {%- endif %}
            {%- set ns = namespace(last=-1) %}
            {%- for message in messages[::-1] %}
                {%- if ns.last < 0 and message.role == 'user' and message.content is string %}
                    {%- set ns.last = messages|length - 1 - loop.index0 %}
                {%- endif %}
            {%- endfor %}
            {%- for message in messages %}
                {%- set content = message.content if message.content is string else '' %}
                {%- if '</think>' in content %}
                    {%- set content = content.split('</think>')[-1].lstrip('\n') %}
                {%- endif %}
                {{- message.role ~ (' (last): ' if loop.index0 == ns.last else ': ') ~ content }}
                {%- for call in message.tool_calls or [] %}
                    {{- '<call>' ~ call.function.name }}
                    {%- for key, value in call.function.arguments|items %}
                        {{- ' ' ~ key ~ '=' ~ (value if value is string else value | tojson) }}
                    {%- endfor %}
                    {{- '</call>' }}
                {%- endfor %}
                {{- '\n' }}
            {%- endfor %}

            """#
        let tools = #"""
            [{"type":"function","function":{"name":"weather","parameters":{"type":"object",
            "properties":{"city":{"type":"string"}},"required":["city"]}}}]
            """#
        let messages = #"""
            [{"role":"user","content":"Weather?"},
            {"role":"assistant","tool_calls":[{"function":{"name":"weather",
            "arguments":{"city":"Zürich","days":2,"x":[1.0,null,"<a>"]}}}]},
            {"role":"tool","content":"21"},{"role":"user","content":"Thanks"},
            {"role":"assistant","content":"<think>\nhm\n</think>\n\nBye"}]
            """#
        let text = try ChatTemplate(source: source).render([
            "tools": TemplateValue(parsingJSON: Array(tools.utf8)),
            "messages": TemplateValue(parsingJSON: Array(messages.utf8)),
        ])
        #expect(
            text == #"""
                <tools>
                {"type": "function", "function": {"name": "weather", "parameters": \#
                {"type": "object", "properties": {"city": {"type": "string"}}, \#
                "required": ["city"]}}}
                </tools>
                user: Weather?
                assistant: <call>weather city=Zürich days=2 x=[1.0, null, "<a>"]</call>
                tool: 21
                user (last): Thanks
                assistant: Bye

                """#
        )
    }

    @Test("finds what generation blocks rendered, in bytes")
    func findsGenerationSpans() throws {
        let template = try ChatTemplate(
            source: """
                {% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}\
                {% generation %}{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}\
                {% endif %}|{% endfor %}
                """
        )
        let (text, spans) = try template.renderWithSpans(Self.conversation)
        #expect(text == "user: Grüße 🎉|assistant:  ok\n</s>|")
        let parts = spans.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
        #expect(parts == [" ok\n</s>"])
    }

    @Test("refuses to guess the place of a generation block inside a macro")
    func refusesCapturedGeneration() throws {
        let template = try ChatTemplate(
            source: "{% macro f() %}{% generation %}a{% endgeneration %}{% endmacro %}{{ f() }}"
        )
        #expect(try template.render([String: JSONValue]()) == "a")
        #expect(throws: TemplateError.self) { try template.renderWithSpans([String: JSONValue]()) }
    }

    @Test("gives the clock's text to strftime_now")
    func asksClock() throws {
        let template = try ChatTemplate(source: "{{ strftime_now('%d %b') }}")
        #expect(try template.render([String: JSONValue]()) { "[\($0)]" } == "[%d %b]")
    }

    @Test("keeps nothing of one rendering for the next")
    func rendersAgain() throws {
        let template = try ChatTemplate(
            source: "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}"
                + "{% endfor %}{{ ns.n }}{{ n is defined }}{% set n = 1 %}"
        )
        #expect(try template.render(Self.conversation) == "2False")
        #expect(try template.render(Self.conversation) == "2False")
    }

    @Test("a message of the template reaches the caller as a refusal")
    func reportsRefusal() throws {
        let template = try ChatTemplate(
            source: "{% if messages[0].role != 'system' %}\n"
                + "{{ raise_exception('no system message') }}\n{% endif %}"
        )
        let error = #expect(throws: TemplateError.self) { try template.render(Self.conversation) }
        #expect(error?.code == .raised)
        #expect(error?.line == 2)
    }
}
