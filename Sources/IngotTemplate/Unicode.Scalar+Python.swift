// SPDX-License-Identifier: Apache-2.0

/// The classes of characters as Python's `str` and `re` see them.
extension Unicode.Scalar {
    /// `str.isspace` and `\s`.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029,
            0x202F, 0x205F, 0x3000:
            true
        default: false
        }
    }

    /// An ASCII digit.
    var isDigit: Bool { (0x30...0x39).contains(value) }

    /// `\w`: what an identifier may hold.
    var isWord: Bool {
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        case 0..<0x80: false
        default: properties.isXIDContinue
        }
    }

    /// `str.isprintable`: what `repr` writes as it is.
    var isPythonPrintable: Bool {
        if isASCII { return (0x20..<0x7F).contains(value) }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            false
        default: true
        }
    }
}
