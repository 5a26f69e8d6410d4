// SPDX-License-Identifier: Apache-2.0

extension Digest {
    /// Every run of exactly 64 lower-case hexadecimal digits in a text, whatever stands around it.
    ///
    /// For whoever must not overlook a digest, and does not mind what only looks like one.
    package static func all(in text: some Sequence<UInt8>) -> Set<Digest> {
        var found = Set<Digest>()
        var run: [UInt8] = []
        let end = { (run: [UInt8]) in
            guard run.count == 2 * byteCount,
                let digest = Digest(hex: String(decoding: run, as: UTF8.self))
            else { return }
            found.insert(digest)
        }
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                // A longer run is no digest; its rest need not be kept.
                if run.count <= 2 * byteCount { run.append(byte) }
            default:
                end(run)
                run.removeAll(keepingCapacity: true)
            }
        }
        end(run)
        return found
    }
}
