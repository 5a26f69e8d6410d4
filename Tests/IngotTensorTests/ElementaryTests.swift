// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotTensor
import Testing

@Suite struct ElementaryTests {
    @Test("agrees with the C library to fifteen digits")
    func agrees() {
        for index in 1..<2000 {
            let x = Double(index) * 0.317 - 300
            let exact = exp(x)
            let exponentialError = abs(Elementary.exponential(x) - exact) / exact
            #expect(exponentialError <= 2e-15 * max(1, abs(x)))
            let cosineError = abs(Elementary.cosine(x * 40) - cos(x * 40))
            let sineError = abs(Elementary.sine(x * 40) - sin(x * 40))
            #expect(cosineError < 1e-12)
            #expect(sineError < 1e-12)
            let y = Double(index) * 0.013
            let logarithmError = abs(Elementary.logarithm(y) - log(y))
            #expect(logarithmError <= 4e-16 * max(1, abs(log(y))))
        }
        #expect(Elementary.logarithm(0) == -.infinity)
        #expect(Elementary.exponential(-800) == 0)
    }
}
