// SPDX-License-Identifier: Apache-2.0

// The standard library normalises, but offers it to other modules only under this name; the
// alternative is Foundation. To be replaced when SE-0464's successors make it public.
@_spi(_Unicode) internal import Swift

extension String {
    /// Whether it has nothing but ASCII white space.
    var isBlank: Bool { utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } }

    /// Unicode NFC, `\n` for every line ending, no control characters but `\n` and tab, no byte
    /// order marks, no white space at the ends.
    func cleaned() -> String {
        var needsWork = false
        for unit in utf8 where unit < 0x20 || unit >= 0x7F {
            needsWork = needsWork || unit != 0x0A && unit != 0x09
            if needsWork { break }
        }
        let plain = needsWork ? withoutControls().normalised() : self
        return plain.trimmed()
    }

    private func withoutControls() -> String {
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in unicodeScalars {
            defer { previous = scalar }
            switch scalar.value {
            case 0x0A: if previous != "\r" { result.append("\n") }
            case 0x0D: result.append("\n")
            case 0x09: result.append(scalar)
            case 0..<0x20, 0x7F...0x9F, 0xFEFF: continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private func normalised() -> String {
        if utf8.allSatisfy({ $0 < 0x80 }) { return self }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: _nfc)
        return String(result)
    }

    private func trimmed() -> String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let view = unicodeScalars
        guard let first = view.first, let last = view.last, isSpace(first) || isSpace(last)
        else { return self }
        let kept = view.drop(while: isSpace)
        guard let end = kept.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(kept[...end]))
    }
}
