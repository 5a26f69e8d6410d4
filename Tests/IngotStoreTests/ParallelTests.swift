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

    @Test("background work ends in order, and its error comes with what follows")
    func background() throws {
        struct Failure: Error {}
        let work = Background<Int>()
        #expect(try work.wait() == nil)
        let sum = Mutex(0)
        for number in 1...100 {
            try work.start {
                sum.withLock {
                    $0 = $0 * 3 % 1009 + number
                    return $0
                }
            }
        }
        #expect(try work.wait() == (1...100).reduce(0) { $0 * 3 % 1009 + $1 })
        try work.start { throw Failure() }
        #expect(throws: Failure.self) { try work.start { 1 } }
        #expect(throws: Failure.self) { try work.wait() }
    }
}
