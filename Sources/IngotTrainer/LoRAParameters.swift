// SPDX-License-Identifier: Apache-2.0

internal import IngotModel
internal import IngotTensor

/// The trained matrices and their gradients, each kind in one buffer.
struct LoRAParameters: Sendable {
    /// One layer's views into the buffers.
    struct Slot: Sendable {
        let matrices: LoRAMatrices
        /// [rank, inputs].
        let aGradient: Matrix
        /// [rank, outputs].
        let bGradient: Matrix
    }

    let values: FloatBuffer
    let gradients: FloatBuffer
    /// [layers × roles], in the order of `LinearRole.allCases`.
    private let slots: [Slot?]

    init(_ configuration: AdapterConfiguration, model: ModelConfiguration) {
        let places = (0..<model.layerCount).flatMap { block in
            LinearRole.allCases.map { (block, $0, configuration.rank(block, $0)) }
        }
        let count = places.reduce(0) { sum, place in
            let (rows, columns) = model.shape(of: place.1)
            return sum + place.2 * (rows + columns)
        }
        let values = FloatBuffer(count: count)
        let gradients = FloatBuffer(count: count)
        var offset = 0
        slots = places.map { block, role, rank in
            guard rank > 0 else { return nil }
            let (rows, columns) = model.shape(of: role)
            let b = offset + rank * columns
            defer { offset = b + rank * rows }
            return Slot(
                matrices: LoRAMatrices(
                    a: Matrix(values, offset: offset, rows: rank, columns: columns),
                    bTransposed: Matrix(values, offset: b, rows: rank, columns: rows),
                    scale: configuration.scale(block, role)
                ),
                aGradient: Matrix(gradients, offset: offset, rows: rank, columns: columns),
                bGradient: Matrix(gradients, offset: b, rows: rank, columns: rows)
            )
        }
        self.values = values
        self.gradients = gradients
    }

    subscript(block: Int, role: LinearRole) -> Slot? {
        slots[block * LinearRole.allCases.count + role.index]
    }

    func clearGradients() {
        Matrix(gradients, rows: 1, columns: gradients.count).clear()
    }

    /// Writes all values anew.
    func set(_ all: [Float]) { Matrix(values, rows: 1, columns: values.count).set(all) }

    /// PEFT's start: A uniform in ±1/√inputs, B zero.
    ///
    /// Element i of A in a block and role is a function of the seed, those two and i.
    func initialize(seed: UInt64, layerCount: Int) {
        let random = Philox(seed: seed)
        for block in 0..<layerCount {
            for role in LinearRole.allCases {
                guard let matrices = self[block, role]?.matrices else { continue }
                let bound = 1 / Float(matrices.a.columns).squareRoot()
                let place = UInt32(block * LinearRole.allCases.count + role.index)
                matrices.a.set(
                    (0..<matrices.a.rows * matrices.a.columns).map { index in
                        (2 * random.uniform(index, stream: Self.stream, place) - 1) * bound
                    }
                )
                matrices.bTransposed.clear()
            }
        }
    }

    private static let stream: UInt32 = 0x494E_4954

    /// Starts from `adapter`, which has a pair in every place.
    func set(_ adapter: Adapter) {
        for block in 0..<adapter.layerCount {
            for role in LinearRole.allCases {
                guard let matrices = self[block, role]?.matrices,
                    let pair = adapter[block, role]
                else { continue }
                let other = LoRAMatrices(pair, scale: matrices.scale)
                matrices.a.copyRows(from: other.a)
                matrices.bTransposed.copyRows(from: other.bTransposed)
            }
        }
    }

    func adapter(_ configuration: AdapterConfiguration, layerCount: Int) -> Adapter {
        var adapter = Adapter(configuration: configuration, layerCount: layerCount)
        for block in 0..<layerCount {
            for role in LinearRole.allCases {
                adapter[block, role] = self[block, role]?.matrices.pair
            }
        }
        return adapter
    }
}
