// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// C = (the old C, if it accumulates) + Σ terms, each output one chain of fused multiply-adds in
/// the order of the terms; then C · scale.
package struct Product: Sendable {
    /// Written.
    package var target: Matrix
    package var accumulates: Bool
    package var scale: Float
    package var terms: [Term]

    package init(
        _ target: Matrix,
        accumulates: Bool = false,
        scale: Float = 1,
        _ terms: [Term]
    ) {
        precondition(terms.count <= Self.termLimit, "terms of a product")
        for term in terms {
            precondition(
                term.rows == target.rows && term.columns == target.columns,
                "shape of a term"
            )
        }
        self.target = target
        self.accumulates = accumulates
        self.scale = scale
        self.terms = terms
    }

    package static let termLimit = Int(INGOT_TERM_LIMIT)

    /// A matrix product; the names tell what is multiplied.
    package struct Term: Sendable {
        enum Operand: Sendable {
            case weight(WeightMatrix)
            case matrix(Matrix)
        }
        let a: Matrix
        let aIsTransposed: Bool
        let b: Operand
        let bIsTransposed: Bool

        /// x Wᵀ: a linear layer's forward pass.
        package static func linear(_ x: Matrix, _ weight: WeightMatrix) -> Term {
            precondition(x.columns == weight.columns, "width of a linear layer's input")
            return Term(a: x, aIsTransposed: false, b: .weight(weight), bIsTransposed: true)
        }

        /// dy W: the gradient of its input.
        package static func linearGradient(_ dy: Matrix, _ weight: WeightMatrix) -> Term {
            precondition(dy.columns == weight.rows, "width of a linear layer's output")
            return Term(a: dy, aIsTransposed: false, b: .weight(weight), bIsTransposed: false)
        }

        /// x y.
        package static func plain(_ x: Matrix, _ y: Matrix) -> Term {
            precondition(x.columns == y.rows, "inner size of a product")
            return Term(a: x, aIsTransposed: false, b: .matrix(y), bIsTransposed: false)
        }

        /// x yᵀ.
        package static func timesTransposed(_ x: Matrix, _ y: Matrix) -> Term {
            precondition(x.columns == y.columns, "inner size of a product")
            return Term(a: x, aIsTransposed: false, b: .matrix(y), bIsTransposed: true)
        }

        /// xᵀ y: a weight gradient, rows added in order.
        package static func transposedTimes(_ x: Matrix, _ y: Matrix) -> Term {
            precondition(x.rows == y.rows, "inner size of a product")
            return Term(a: x, aIsTransposed: true, b: .matrix(y), bIsTransposed: false)
        }

        var rows: Int { aIsTransposed ? a.columns : a.rows }

        var columns: Int {
            switch b {
            case .weight(let weight): bIsTransposed ? weight.rows : weight.columns
            case .matrix(let matrix): bIsTransposed ? matrix.rows : matrix.columns
            }
        }

        /// The same for C.
        ///
        /// The pointers are valid while the term lives.
        var kernelTerm: ingot_term {
            var term = unsafe ingot_term()
            unsafe term.a = UnsafePointer(a.pointer)
            unsafe term.a_row = aIsTransposed ? 1 : a.stride
            unsafe term.a_column = aIsTransposed ? a.stride : 1
            unsafe term.k = aIsTransposed ? a.rows : a.columns
            unsafe term.b_is_transposed = bIsTransposed ? 1 : 0
            switch b {
            case .weight(let weight):
                unsafe weight.describe(to: &term)
            case .matrix(let matrix):
                unsafe term.b = UnsafeRawPointer(matrix.pointer)
                unsafe term.b_row_bytes = matrix.stride * 4
                unsafe term.type = INGOT_F32
            }
            return unsafe term
        }
    }

    /// The same for C.
    ///
    /// The pointers are valid while the product lives.
    var kernelProduct: ingot_product {
        var product = unsafe ingot_product()
        unsafe product.m = target.rows
        unsafe product.n = target.columns
        unsafe product.c = target.pointer
        unsafe product.c_row = target.stride
        unsafe product.accumulates = accumulates ? 1 : 0
        unsafe product.scale = scale
        unsafe product.term_count = terms.count
        unsafe withUnsafeMutableBytes(of: &product.terms) { bytes in
            let slots = unsafe bytes.bindMemory(to: ingot_term.self)
            for (index, term) in terms.enumerated() {
                unsafe slots[index] = unsafe term.kernelTerm
            }
        }
        return unsafe product
    }
}
