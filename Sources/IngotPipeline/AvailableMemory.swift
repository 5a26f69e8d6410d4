// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// How much memory this process may take without pushing others out.
enum AvailableMemory {
    /// The kernel's own estimate, or what is left of the control group's limit; nil where neither
    /// can be read.
    static func bytes() -> Int? {
        [system(text("/proc/meminfo")), group()].compactMap(\.self).min()
    }

    /// `MemAvailable` of `/proc/meminfo`.
    static func system(_ text: String?) -> Int? {
        for line in (text ?? "").split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
        }
        return nil
    }

    private static func group() -> Int? {
        let folder = "/sys/fs/cgroup"
        guard let limit = number(text("\(folder)/memory.max")),
            let used = number(text("\(folder)/memory.current"))
        else { return nil }
        return max(0, limit - used)
    }

    /// Nil for `max`, which is no limit.
    private static func number(_ text: String?) -> Int? {
        text?.split(separator: "\n").first.flatMap { Int($0) }
    }

    private static func text(_ path: String) -> String? {
        (try? Files.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
