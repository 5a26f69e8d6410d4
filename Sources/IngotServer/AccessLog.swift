// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A line for each request: who, what, the status, bytes of the answer, milliseconds; and one for
/// each fault whose cause a client is not told.
package struct AccessLog: Sendable {
    private let write: (@Sendable (String) -> Void)?

    private let writeFault: (@Sendable (String) -> Void)?

    /// Without a closure its lines are not logged.
    package init(
        write: (@Sendable (String) -> Void)?,
        writeFault: (@Sendable (String) -> Void)? = nil
    ) {
        self.write = write
        self.writeFault = writeFault
    }

    func record(fault: RegistryError) {
        guard let detail = fault.detail else { return }
        record(problem: detail)
    }

    func record(problem: String) { writeFault?(PrintableText.line("ingot: \(problem)")) }

    func record(_ transaction: Transaction, status: UInt, byteCount: Int) {
        guard let write else { return }
        let milliseconds = Int((ContinuousClock.now - transaction.begunAt) / .milliseconds(1))
        // Printable ASCII only, so that a path cannot write lines of its own.
        let target = String(
            decoding: transaction.head.uri.utf8.prefix(512).map {
                (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?")
            },
            as: UTF8.self
        )
        let name = transaction.request?.access.name ?? "-"
        write(
            "\(name) \(transaction.head.method.rawValue) \(target) \(status) \(byteCount) "
                + "\(milliseconds) ms"
        )
    }
}
