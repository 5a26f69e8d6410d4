// SPDX-License-Identifier: Apache-2.0

/// The header blocks of an entry.
///
/// The same entry has the same bytes for ever, because the digests of
/// image layers cover them: owner and group 0 without names, time 0, mode 0644 or 0755, device 0;
/// a pax header only for what ustar cannot say, with only `path` and `size` records.
extension TarHeader {
    package var bytes: [UInt8] {
        // ustar marks a directory by its type and, for old readers, by a final slash.
        let name = Array((kind == .directory ? path + "/" : path).utf8)
        let isASCII = name.allSatisfy { $0 < 0x80 }
        let split = isASCII ? Self.split(name) : nil
        let isLarge = byteCount > Tar.largestSize

        var records: [UInt8] = []
        if split == nil { records += Self.record("path", value: name) }
        if isLarge { records += Self.record("size", value: Array(String(byteCount).utf8)) }

        // Read only by programs that do not know pax; the records are what counts.
        let fallback = (prefix: ArraySlice<UInt8>(), name: Self.shortName(name))
        var output: [UInt8] = []
        if !records.isEmpty {
            output += Self.block(
                type: Tar.extendedHeader,
                names: ([], Array("pax/".utf8) + fallback.name.suffix(96)),
                mode: 0o644,
                size: records.count
            )
            output += records
            let excess = records.count % Tar.blockByteCount
            if excess > 0 { output += repeatElement(0, count: Tar.blockByteCount - excess) }
        }
        output += Self.block(
            type: kind == .directory ? Tar.directory : Tar.file,
            names: split ?? fallback,
            mode: kind == .directory || isExecutable ? 0o755 : 0o644,
            size: isLarge ? 0 : byteCount
        )
        return output
    }

    private typealias Names = (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)

    /// Splits at the first slash that leaves at most 155 bytes before it and 100 after it.
    private static func split(_ path: [UInt8]) -> Names? {
        if path.count <= Tar.name.byteCount { return ([], path[...]) }
        let slash = path.indices.first { index in
            let rest = path.count - index - 1
            return path[index] == UInt8(ascii: "/") && rest > 0 && rest <= Tar.name.byteCount
        }
        guard let slash, slash > 0, slash <= Tar.prefix.byteCount else { return nil }
        return (path[..<slash], path[(slash + 1)...])
    }

    private static func shortName(_ path: [UInt8]) -> ArraySlice<UInt8> {
        path.suffix(Tar.name.byteCount).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }[...]
    }

    /// `<length> <key>=<value>\n`, where the length counts its own digits.
    private static func record(_ key: String, value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [0x0A]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length {
            length = String(length).utf8.count + rest.count
        }
        return Array(String(length).utf8) + rest
    }

    private static func block(type: UInt8, names: Names, mode: Int, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Tar.blockByteCount)
        func put(_ bytes: some Collection<UInt8>, _ field: Tar.Field) {
            precondition(bytes.count <= field.byteCount, "a tar field overflows")
            block.replaceSubrange(field.offset..<field.offset + bytes.count, with: bytes)
        }
        func putOctal(_ value: Int, _ field: Tar.Field) {
            put(octal(value, digits: field.byteCount - 1), field)
        }
        put(names.name, Tar.name)
        putOctal(mode, Tar.mode)
        putOctal(0, Tar.uid)
        putOctal(0, Tar.gid)
        putOctal(size, Tar.size)
        putOctal(0, Tar.mtime)
        put([type], Tar.typeFlag)
        put("ustar".utf8, Tar.magic)
        put("00".utf8, Tar.version)
        putOctal(0, Tar.deviceMajor)
        putOctal(0, Tar.deviceMinor)
        put(names.prefix, Tar.prefix)
        // The sum of all bytes with the checksum field as spaces: six digits, NUL, space.
        put(repeatElement(UInt8(ascii: " "), count: Tar.checksum.byteCount), Tar.checksum)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], Tar.checksum)
        return block
    }

    private static func octal(_ value: Int, digits: Int) -> [UInt8] {
        let text = String(value, radix: 8).utf8
        return repeatElement(UInt8(ascii: "0"), count: digits - text.count) + Array(text)
    }
}
