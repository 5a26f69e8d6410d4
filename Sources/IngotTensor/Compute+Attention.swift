// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Keys and values [count, heads × headSize] of consecutive positions.
package struct KeyValueRun: Sendable {
    package let keys: Matrix
    package let values: Matrix

    package init(keys: Matrix, values: Matrix) {
        precondition(keys.rows == values.rows && keys.columns == values.columns, "keys and values")
        self.keys = keys
        self.values = values
    }
}

/// Consecutive query rows that see the same runs in full and then, causally, their own rows.
package struct AttentionSegment: Sendable {
    /// Rows of the queries, and of this pass's keys and values.
    package let rows: Range<Int>
    /// Positions before the segment's first one, in order.
    package let before: [KeyValueRun]

    package init(rows: Range<Int>, before: [KeyValueRun] = []) {
        self.rows = rows
        self.before = before
    }
}

/// Sizes of an attention layer.
package struct AttentionShape: Sendable {
    package let keyValueHeads: Int
    /// Query heads of a key-value head.
    package let group: Int
    package let headSize: Int
    /// A row sees its own position and the `window − 1` before it; nil for all.
    package let window: Int?

    package init(keyValueHeads: Int, group: Int, headSize: Int, window: Int? = nil) {
        precondition(window ?? 1 > 0, "a window of attention")
        self.keyValueHeads = keyValueHeads
        self.group = group
        self.headSize = headSize
        self.window = window
    }

    /// Scores are multiplied by this before the softmax.
    var scale: Float { 1 / Float(headSize).squareRoot() }
}

extension Compute {
    /// o [rows, heads × headSize] = softmax(q kᵀ / √headSize) v, causal, segment by segment.
    package func attention(
        _ q: Matrix,
        keys: Matrix,
        values: Matrix,
        segments: [AttentionSegment],
        shape: AttentionShape,
        into o: Matrix
    ) {
        check(q, keys, values, shape, o)
        var tasks: [(segment: Int, head: Int, rows: Range<Int>)] = []
        var longest = 0
        for (index, segment) in segments.enumerated() {
            longest = max(longest, segment.before.reduce(segment.rows.count) { $0 + $1.keys.rows })
            for first in stride(from: 0, to: segment.rows.count, by: Self.queriesOfTask) {
                let rows = first..<min(first + Self.queriesOfTask, segment.rows.count)
                for head in 0..<shape.keyValueHeads { tasks.append((index, head, rows)) }
            }
        }
        let scratches = scratches(keys: longest, shape)
        pool.run(tasks.count) { task, worker in
            let (index, head, rows) = tasks[task]
            let segment = segments[index]
            let runs = unsafe Self.runs(segment, keys, values, head: head, shape)
            unsafe runs.withUnsafeBufferPointer { runs in
                var call = unsafe Self.call(
                    q,
                    o,
                    segment.rows.lowerBound + rows.lowerBound,
                    head,
                    shape
                )
                unsafe call.rows = rows.count
                unsafe call.runs = runs.baseAddress
                unsafe call.run_count = runs.count
                unsafe call.visible = rows.lowerBound + 1
                unsafe table.pointee.attention_forward(&call, scratches[worker].pointer)
            }
        }
    }

    /// The gradients of `attention` for segments without runs before them: dq is set, dk and dv
    /// are set too.
    package func attentionGradient(
        _ q: Matrix,
        keys: Matrix,
        values: Matrix,
        output o: Matrix,
        of dO: Matrix,
        segments: [AttentionSegment],
        shape: AttentionShape,
        into gradients: (q: Matrix, k: Matrix, v: Matrix)
    ) {
        check(q, keys, values, shape, o)
        check(gradients.q, gradients.k, gradients.v, shape, dO)
        precondition(segments.allSatisfy(\.before.isEmpty), "attention gradient: lone segments")
        gradients.k.clear()
        gradients.v.clear()
        let longest = segments.map(\.rows.count).max() ?? 0
        let scratches = scratches(keys: longest, shape)
        pool.run(segments.count * shape.keyValueHeads) { task, worker in
            let segment = segments[task / shape.keyValueHeads]
            let head = task % shape.keyValueHeads
            let first = segment.rows.lowerBound
            let runs = unsafe Self.runs(segment, keys, values, head: head, shape)
            unsafe runs.withUnsafeBufferPointer { runs in
                var call = unsafe Self.call(q, o, first, head, shape)
                unsafe call.rows = segment.rows.count
                unsafe call.runs = runs.baseAddress
                unsafe call.run_count = runs.count
                unsafe call.visible = 1
                var gradient = unsafe ingot_attention_gradient()
                let queries = head * shape.group * shape.headSize
                unsafe gradient.o = UnsafePointer(o.row(first) + queries)
                unsafe gradient.d_o = UnsafePointer(dO.row(first) + queries)
                unsafe gradient.dq = gradients.q.row(first) + queries
                unsafe gradient.dk = gradients.k.row(first) + head * shape.headSize
                unsafe gradient.dv = gradients.v.row(first) + head * shape.headSize
                unsafe gradient.q_row = gradients.q.stride
                unsafe gradient.kv_row = gradients.k.stride
                unsafe table.pointee.attention_backward(
                    &call,
                    &gradient,
                    scratches[worker].pointer
                )
            }
        }
    }

    /// One for each thread.
    private func scratches(keys: Int, _ shape: AttentionShape) -> [FloatBuffer] {
        let count = unsafe table.pointee.attention_scratch(keys, shape.group, shape.headSize)
        return (0..<pool.threadCount).map { _ in FloatBuffer(uninitialized: count) }
    }

    /// A long segment is shared out in pieces of so many rows; a multiple of the kernels' tiles.
    private static let queriesOfTask = 4 * Int(INGOT_ATTENTION_TILE)

    private func check(
        _ q: Matrix,
        _ k: Matrix,
        _ v: Matrix,
        _ shape: AttentionShape,
        _ o: Matrix
    ) {
        let width = shape.keyValueHeads * shape.headSize
        precondition(q.columns == width * shape.group && o.columns == q.columns, "query width")
        precondition(k.columns == width && v.columns == width, "key and value width")
        precondition(q.rows == k.rows && k.rows == v.rows && o.rows == q.rows, "attention rows")
    }

    /// What a head sees: the runs before the segment and the segment's own rows.
    static func runs(
        _ segment: AttentionSegment,
        _ keys: Matrix,
        _ values: Matrix,
        head: Int,
        _ shape: AttentionShape
    ) -> [ingot_run] {
        let own = KeyValueRun(keys: keys.rows(segment.rows), values: values.rows(segment.rows))
        return unsafe (segment.before + [own]).map { run in
            unsafe ingot_run(
                k: UnsafePointer(run.keys.pointer + head * shape.headSize),
                v: UnsafePointer(run.values.pointer + head * shape.headSize),
                count: run.keys.rows,
                row: run.keys.stride
            )
        }
    }

    static func call(
        _ q: Matrix,
        _ o: Matrix,
        _ row: Int,
        _ head: Int,
        _ shape: AttentionShape
    ) -> ingot_attention {
        var call = unsafe ingot_attention()
        let queries = head * shape.group * shape.headSize
        unsafe call.q = UnsafePointer(q.row(row) + queries)
        unsafe call.o = o.row(row) + queries
        unsafe call.q_row = q.stride
        unsafe call.o_row = o.stride
        unsafe call.group = shape.group
        unsafe call.head_size = shape.headSize
        unsafe call.scale = shape.scale
        unsafe call.window = shape.window ?? Int.max
        return unsafe call
    }
}
