// SPDX-License-Identifier: Apache-2.0

/// The names of an archive's entries and of the directories above them, so that no two of them are
/// one name on some file system.
///
/// Names that differ only in case or in Unicode normalisation are one name on macOS and Windows:
/// which of them a checkout there would show is anybody's guess.
struct EntryNames {
    private struct Name {
        let spelling: String
        let isDirectory: Bool
    }

    /// `String` keys are equal when they are canonically equivalent, which is what is wanted here.
    private var names: [String: Name] = [:]

    /// Gives the fault of a further entry, in words that follow the entry's name; nil when it has
    /// none.
    mutating func fault(addingPath path: String, isDirectory: Bool) -> String? {
        var index = path.utf8.startIndex
        while let slash = path.utf8[index...].firstIndex(of: UInt8(ascii: "/")) {
            if let fault = add(String(path[..<slash]), isDirectory: true) { return fault }
            index = path.utf8.index(after: slash)
        }
        return add(path, isDirectory: isDirectory)
    }

    private mutating func add(_ path: String, isDirectory: Bool) -> String? {
        let folded = Self.folded(path)
        guard let known = names[folded] else {
            names[folded] = Name(spelling: path, isDirectory: isDirectory)
            return nil
        }
        guard known.spelling.utf8.elementsEqual(path.utf8) else {
            return "differs from '\(known.spelling)' only in case or in Unicode normalisation"
        }
        return known.isDirectory == isDirectory
            ? nil : "'\(known.spelling)' is both a file and a directory"
    }

    /// Simple case folding: each character as the one lower-case character it goes by.
    static func folded(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { folded.append(fold(scalar)) }
        return String(folded)
    }

    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII { return ("A"..."Z").contains(scalar) ? lower(scalar) : scalar }
        // The dotless i is a letter of its own, and the iota below is a part of another letter.
        if scalar == "\u{131}" || scalar == "\u{345}" { return scalar }
        return lower(single(scalar.properties.uppercaseMapping) ?? scalar)
    }

    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        single(scalar.properties.lowercaseMapping) ?? scalar
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
