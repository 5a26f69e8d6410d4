// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

// Safe throughout: shapes are checked, and every block of rows is written by one task.

extension Compute {
    /// y = x / rms(x) · weight, row by row.
    package func norm(_ x: Matrix, weight: Matrix, epsilon: Float, into y: Matrix) {
        precondition(y.rows == x.rows && y.columns == x.columns, "norm: shapes")
        precondition(weight.rows == 1 && weight.columns == x.columns, "norm: weight")
        overRows(x.rows) { rows in
            unsafe table.pointee.norm_forward(
                x.row(rows.lowerBound),
                weight.pointer,
                y.row(rows.lowerBound),
                epsilon,
                rows.count,
                x.columns
            )
        }
    }

    /// dx += the gradient of `norm` at x for dy.
    package func normGradient(
        _ x: Matrix,
        weight: Matrix,
        epsilon: Float,
        of dy: Matrix,
        into dx: Matrix
    ) {
        precondition(dx.rows == x.rows && dy.rows == x.rows, "norm gradient: rows")
        precondition(
            dx.columns == x.columns && dy.columns == x.columns && weight.columns == x.columns,
            "norm gradient: columns"
        )
        overRows(x.rows) { rows in
            unsafe table.pointee.norm_backward(
                x.row(rows.lowerBound),
                weight.pointer,
                dy.row(rows.lowerBound),
                dx.row(rows.lowerBound),
                epsilon,
                rows.count,
                x.columns
            )
        }
    }

    /// Turns the heads in every row of x by the row's angles, or back.
    package func rotate(_ x: Matrix, by angles: RotaryAngles, back: Bool = false) {
        precondition(x.rows <= angles.count, "rotate: rows")
        precondition(x.columns.isMultiple(of: angles.headSize), "rotate: heads")
        overRows(x.rows) { rows in
            unsafe table.pointee.rotate(
                x.row(rows.lowerBound),
                x.stride,
                x.columns / angles.headSize,
                angles.headSize,
                angles.cosine.row(rows.lowerBound),
                angles.sine.row(rows.lowerBound),
                back ? -1 : 1,
                rows.count
            )
        }
    }

    /// y = silu(gate) · up.
    package func swiglu(gate: Matrix, up: Matrix, into y: Matrix) {
        precondition(gate.rows == y.rows && up.rows == y.rows, "swiglu: rows")
        precondition(gate.columns == y.columns && up.columns == y.columns, "swiglu: columns")
        overRows(y.rows) { rows in
            unsafe table.pointee.swiglu_forward(
                gate.row(rows.lowerBound),
                up.row(rows.lowerBound),
                y.row(rows.lowerBound),
                rows.count * y.columns
            )
        }
    }

    /// Given dy, gate and up become their gradients and y becomes silu(gate) · up again.
    package func swigluGradient(_ dy: Matrix, gate: Matrix, up: Matrix, output y: Matrix) {
        precondition(dy.rows == y.rows && gate.rows == y.rows && up.rows == y.rows, "swiglu: rows")
        precondition(
            dy.columns == y.columns && gate.columns == y.columns && up.columns == y.columns,
            "swiglu: columns"
        )
        overRows(y.rows) { rows in
            unsafe table.pointee.swiglu_backward(
                dy.row(rows.lowerBound),
                gate.row(rows.lowerBound),
                up.row(rows.lowerBound),
                y.row(rows.lowerBound),
                rows.count * y.columns
            )
        }
    }

    /// y += x.
    package func add(_ x: Matrix, to y: Matrix) {
        precondition(x.rows == y.rows && x.columns == y.columns, "add: shapes")
        overRows(y.rows) { rows in
            unsafe table.pointee.add(
                x.row(rows.lowerBound),
                y.row(rows.lowerBound),
                rows.count * y.columns
            )
        }
    }

    /// Adds the one row of x to every row of y.
    package func add(row x: Matrix, to y: Matrix) {
        precondition(x.rows == 1 && x.columns == y.columns, "add: a row")
        overRows(y.rows) { rows in
            for row in rows { unsafe table.pointee.add(x.pointer, y.row(row), y.columns) }
        }
    }

    /// log Σ exp of every row of logits, in fp64.
    package func logSumExp(_ logits: Matrix) -> [Double] {
        var results = [Double](repeating: 0, count: logits.rows)
        unsafe results.withUnsafeMutableBufferPointer { buffer in
            let target = unsafe SharedPointer(buffer.baseAddress)
            pool.run(logits.rows) { row, _ in
                let value = unsafe table.pointee.log_sum_exp(logits.row(row), logits.columns)
                unsafe target.pointer?[row] = value
            }
        }
        return results
    }

    /// Every row of logits becomes (softmax − onehot(target)) · factor.
    package func crossEntropyGradient(
        _ logits: Matrix,
        targets: [Int32],
        logSumExp: [Double],
        factor: Float
    ) {
        precondition(targets.count == logits.rows && logSumExp.count == logits.rows, "targets")
        precondition(targets.allSatisfy { $0 >= 0 && $0 < logits.columns }, "target out of range")
        pool.run(logits.rows) { row, _ in
            unsafe table.pointee.cross_entropy_backward(
                logits.row(row),
                logits.columns,
                Int(targets[row]),
                logSumExp[row],
                factor
            )
        }
    }

    /// Σ x², in fp64, in an order that depends on the shape alone.
    package func squareSum(_ x: Matrix) -> Double {
        unsafe table.pointee.square_sum(x.pointer, x.rows * x.columns)
    }

    /// eˣ by the kernels' polynomial; for tests.
    package func exponential(_ x: [Float]) -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: x.count) { buffer, count in
            count = x.count
            unsafe x.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
                unsafe table.pointee.exponential(from, to, source.count)
            }
        }
    }
}

/// Lets tasks write to their own elements of one array.
@safe
struct SharedPointer<Element>: Sendable {
    // Safe: every task touches its own elements only.
    nonisolated(unsafe) let pointer: UnsafeMutablePointer<Element>?

    init(_ pointer: UnsafeMutablePointer<Element>?) { unsafe self.pointer = unsafe pointer }
}
