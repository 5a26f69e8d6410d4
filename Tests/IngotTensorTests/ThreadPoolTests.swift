// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
    @Test("every task runs once, for any number of threads and tasks", arguments: [1, 2, 5])
    func onceEach(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        #expect(pool.threadCount == threads)
        for count in [0, 1, 2, 7, 1000] {
            let seen = Mutex([Int](repeating: 0, count: count))
            pool.run(count) { task, worker in
                #expect(worker >= 0 && worker < threads)
                seen.withLock { $0[task] += 1 }
            }
            #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test("two callers take turns")
    func turns() async {
        let pool = ThreadPool(threads: 2)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let sum = Atomic(0)
                    for _ in 0..<200 {
                        pool.run(10) { task, _ in sum.add(task, ordering: .relaxed) }
                    }
                    return sum.load(ordering: .relaxed)
                }
            }
            for await sum in group { #expect(sum == 200 * 45) }
        }
    }
}
