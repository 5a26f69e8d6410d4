// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Asks the server on this machine whether it is well: the image's health check, which has no
/// shell and no curl.
package enum HealthProbe {
    /// Two seconds for every step: below the five that container engines allow a check.
    private static let timeoutSeconds = 2
    /// The status line and headers fit into a first piece of this size.
    private static let answerByteLimit = 512

    /// True when `GET /health` is answered with status 200; blocking.
    package static func isHealthy(port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // Safe: the pointers are valid for the calls and the sizes are those of the types.
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &timeout, size) == 0 else {
                return false
            }
        }
        guard connect(descriptor, port) else { return false }
        let request = Array("GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
        let sent = unsafe request.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { return false }
        var answer = [UInt8](repeating: 0, count: answerByteLimit)
        let received = unsafe answer.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        // `HTTP/1.x 200`
        return received >= 12 && answer[9..<12].elementsEqual("200".utf8)
    }

    private static func connect(_ descriptor: Int32, _ port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // Safe: sockaddr_in is what connect expects for AF_INET, with its own size.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(
                    descriptor,
                    $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size)
                ) == 0
            }
        }
    }
}
