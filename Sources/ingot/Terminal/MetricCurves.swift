// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore

/// The metrics of a run by name, each over its steps.
struct MetricCurves {
    private let curves: [(name: String, points: [MetricRecord])]

    /// - Parameter metrics: by name, then step.
    init(_ metrics: [MetricRecord]) {
        var curves: [(name: String, points: [MetricRecord])] = []
        for metric in metrics {
            if curves.last?.name == metric.name {
                curves[curves.count - 1].points.append(metric)
            } else {
                curves.append((metric.name, [metric]))
            }
        }
        self.curves = curves
    }

    var names: [String] { curves.map(\.name) }

    func last(_ name: String) -> Double? {
        curves.first { $0.name == name }?.points.last?.value
    }

    /// A sparkline a metric, with its first, lowest and last value.
    var text: String {
        var table = TextTable(["metric", "curve", "first", "lowest", "last"])
        for (name, points) in curves {
            let values = points.map(\.value)
            let lowest = values.filter(\.isFinite).min() ?? .nan
            table.add([
                name, Sparkline.draw(values), Self.short(values.first), Self.short(lowest),
                Self.short(values.last),
            ])
        }
        return table.text
    }

    private static func short(_ value: Double?) -> String {
        guard let value else { return "" }
        return abs(value) >= 100 || value == 0
            ? FixedDecimal.text(value, 0) : FixedDecimal.text(value, abs(value) < 0.01 ? 7 : 4)
    }

    var csv: String {
        "name,step,value\n"
            + curves.flatMap { curve in
                curve.points.map { "\(curve.name),\($0.step),\($0.value)\n" }
            }.joined()
    }

    var json: JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: curves.map { curve in
                    (
                        curve.name,
                        .array(
                            curve.points.map {
                                ["step": .integer(Int64($0.step)), "value": .number($0.value)]
                            }
                        )
                    )
                }
            )
        )
    }
}
