// SPDX-License-Identifier: Apache-2.0

/// The text format of Prometheus, version 0.0.4.
extension ServerMetrics {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package func prometheusText(modelName: String, hasAdapter: Bool) -> String {
        let values = snapshot()
        var text = PrometheusText(labels: [("engine", "0"), ("model_name", modelName)])
        text.metric("num_requests_running", "gauge", "Requests being computed.", values.running)
        text.metric("num_requests_waiting", "gauge", "Requests in the queue.", values.waiting)
        text.metric(
            "prompt_tokens_total",
            "counter",
            "Tokens of prompts.",
            values.promptTokens
        )
        text.metric(
            "prefix_cache_queries_total",
            "counter",
            "Prompt tokens looked up in the cache.",
            values.promptTokens
        )
        text.metric(
            "prefix_cache_hits_total",
            "counter",
            "Prompt tokens found in the cache.",
            values.cachedTokens
        )
        text.metric(
            "generation_tokens_total",
            "counter",
            "Tokens of answers.",
            values.generatedTokens
        )
        text.begin("request_success_total", "counter", "Requests answered, by reason of the end.")
        for reason in FinishReason.allCases {
            text.sample(
                "request_success_total",
                values.succeeded[reason] ?? 0,
                [("finished_reason", reason.rawValue)]
            )
        }
        text.histogram(
            "time_to_first_token_seconds",
            "From acceptance to the first token.",
            values.firstTokenSeconds
        )
        text.histogram(
            "time_per_output_token_seconds",
            "Between tokens of an answer.",
            values.perTokenSeconds
        )
        text.histogram(
            "e2e_request_latency_seconds",
            "From acceptance to the end.",
            values.wholeSeconds
        )
        text.histogram("request_queue_time_seconds", "In the queue.", values.queueSeconds)
        if hasAdapter {
            text.begin("lora_requests_info", "gauge", "Running adapters.")
            text.sample(
                "lora_requests_info",
                1,
                [
                    ("max_lora", "1"), ("running_lora_adapters", modelName),
                    ("waiting_lora_adapters", ""),
                ]
            )
        }
        return text.text
    }
}

private struct PrometheusText {
    let labels: [(name: String, value: String)]
    private(set) var text = ""

    init(labels: [(name: String, value: String)]) { self.labels = labels }

    mutating func metric(_ name: String, _ type: String, _ help: String, _ value: Int) {
        begin(name, type, help)
        sample(name, value)
    }

    mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP vllm:\(name) \(help)\n# TYPE vllm:\(name) \(type)\n"
    }

    mutating func sample(
        _ name: String,
        _ value: some Numeric,
        _ extra: [(name: String, value: String)] = []
    ) {
        let all = (labels + extra).map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        text += "vllm:\(name){\(all.joined(separator: ","))} \(value)\n"
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(name, "histogram", help)
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            sample("\(name)_bucket", count, [("le", "\(bound)")])
        }
        sample("\(name)_bucket", histogram.count, [("le", "+Inf")])
        sample("\(name)_sum", histogram.sum)
        sample("\(name)_count", histogram.count)
    }

    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
