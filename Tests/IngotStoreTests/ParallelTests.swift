// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import IngotStore

@Suite struct ParallelTests {
    @Test("gives results in order", arguments: [0, 1, 2, 1000])
    func order(count: Int) throws {
        #expect(try Parallel.map(count) { $0 * $0 } == (0..<count).map { $0 * $0 })
    }

    @Test("throws the error of the lowest index that failed, and stops")
    func failure() {
        struct Failure: Error, Equatable { let index: Int }
        for _ in 0..<20 {
            let error = #expect(throws: Failure.self) {
                try Parallel.map(500) { index in
                    if index % 7 == 6 { throw Failure(index: index) }
                }
            }
            #expect(error == Failure(index: 6))
        }
    }
}
