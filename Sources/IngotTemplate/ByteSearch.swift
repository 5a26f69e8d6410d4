// SPDX-License-Identifier: Apache-2.0

/// Finds a text in others in linear time (Knuth, Morris, Pratt), whatever a template asks for.
///
/// Works on UTF-8, where a text can only be found at the start of a character.
struct ByteSearch {
    private let needle: [UInt8]
    /// At i, the length of the longest proper prefix of the needle that ends needle[...i].
    private let borders: [Int]

    /// The needle is not empty.
    init(_ text: String) { self.init(Array(text.utf8)) }

    private init(_ needle: [UInt8]) {
        self.needle = needle
        var borders = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// Byte offsets of the places, left to right, none overlapping another; at most `limit`.
    func places(in haystack: [UInt8], limit: Int = .max) -> [Int] {
        var places: [Int] = []
        var length = 0
        for (index, unit) in haystack.enumerated() {
            while length > 0, unit != needle[length] { length = borders[length - 1] }
            if unit == needle[length] { length += 1 }
            if length == needle.count {
                guard places.count < limit else { break }
                places.append(index + 1 - length)
                length = 0
            }
        }
        return places
    }

    /// The last places, right to left in the search and left to right in the result.
    func lastPlaces(in haystack: [UInt8], limit: Int) -> [Int] {
        let found = ByteSearch(needle.reversed()).places(in: haystack.reversed(), limit: limit)
        return found.reversed().map { haystack.count - $0 - needle.count }
    }
}

extension PythonString {
    static func contains(_ text: String, _ part: String) -> Bool {
        part.utf8.isEmpty || !ByteSearch(part).places(in: Array(text.utf8), limit: 1).isEmpty
    }

    /// `text.split(separator, limit)`; the separator is not empty, a negative limit is none.
    static func split(
        _ text: String,
        by separator: String,
        limit: Int,
        fromEnd: Bool = false
    ) -> [String] {
        let bytes = Array(text.utf8)
        let search = ByteSearch(separator)
        let most = limit < 0 ? Int.max : limit
        let places =
            fromEnd
            ? search.lastPlaces(in: bytes, limit: most) : search.places(in: bytes, limit: most)
        var parts: [String] = []
        var start = 0
        for place in places {
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + separator.utf8.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    /// `text.count(part)`.
    static func count(of part: String, in text: String) -> Int {
        part.utf8.isEmpty
            ? length(of: text) + 1 : ByteSearch(part).places(in: Array(text.utf8)).count
    }

    /// `text.find(part)` or `text.rfind(part)` in scalars, nil when there is none.
    static func place(of part: String, in text: String, last: Bool = false) -> Int? {
        guard !part.utf8.isEmpty else { return last ? length(of: text) : 0 }
        let bytes = Array(text.utf8)
        let search = ByteSearch(part)
        let found =
            last ? search.lastPlaces(in: bytes, limit: 1) : search.places(in: bytes, limit: 1)
        // Every byte but the continuations 10xxxxxx starts a scalar.
        return found.first.map { place in bytes[..<place].count { $0 & 0xC0 != 0x80 } }
    }
}
