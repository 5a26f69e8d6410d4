// SPDX-License-Identifier: Apache-2.0

extension PythonString {
    static func uppercased(_ text: String) -> String {
        mapped(text) { $0.properties.uppercaseMapping }
    }

    /// With the one rule of Unicode that looks at neighbours: a sigma that ends a word is `ς`.
    static func lowercased(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0xCE }), text.unicodeScalars.contains("Σ") else {
            return mapped(text) { $0.properties.lowercaseMapping }
        }
        let scalars = Array(text.unicodeScalars)
        var output = ""
        for (index, scalar) in scalars.enumerated() {
            if scalar == "Σ" {
                output += isWordEnd(index, in: scalars) ? "ς" : "σ"
            } else {
                output += scalar.properties.lowercaseMapping
            }
        }
        return output
    }

    private static func isWordEnd(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        func isCased(_ neighbours: some Sequence<Unicode.Scalar>) -> Bool {
            for scalar in neighbours where !scalar.properties.isCaseIgnorable {
                return scalar.properties.isCased
            }
            return false
        }
        return isCased(scalars[..<index].reversed()) && !isCased(scalars[(index + 1)...])
    }

    /// `str.capitalize`: the first character in title case, the others in lower case.
    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        // The rest is taken from the whole text in lower case, where a sigma sees its neighbours.
        let lowered = lowercased(text).unicodeScalars.dropFirst(
            first.properties.lowercaseMapping.unicodeScalars.count
        )
        return first.properties.titlecaseMapping + String(lowered)
    }

    /// `str.title`: every run of cased characters begins with a capital.
    static func titled(_ text: String) -> String {
        var output = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            output +=
                isInWord
                ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            isInWord = scalar.properties.isCased
        }
        return output
    }

    /// Jinja's `title` filter: words begin after white space, `-`, `(`, `{`, `[` or `<`.
    static func titledWords(_ text: String) -> String {
        var output = ""
        var word = String.UnicodeScalarView()
        func titled(_ word: String.UnicodeScalarView) -> String {
            guard let first = word.first else { return "" }
            return first.properties.uppercaseMapping + lowercased(String(word.dropFirst()))
        }
        for scalar in text.unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                output += titled(word)
                output.unicodeScalars.append(scalar)
                word = String.UnicodeScalarView()
            } else {
                word.append(scalar)
            }
        }
        return output + titled(word)
    }

    static func swappedCase(_ text: String) -> String {
        mapped(text) {
            $0.properties.isUppercase
                ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping
        }
    }

    /// `str.isupper` and `str.islower`: at least one cased character and none of the other case.
    static func isAll(_ text: String, upper: Bool) -> Bool {
        var hasCased = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            let isOther = upper ? properties.isLowercase : properties.isUppercase
            if isOther || properties.generalCategory == .titlecaseLetter { return false }
            hasCased = hasCased || (upper ? properties.isUppercase : properties.isLowercase)
        }
        return hasCased
    }

    private static func mapped(
        _ text: String,
        _ map: (Unicode.Scalar) -> String
    ) -> String {
        var output = ""
        output.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars { output += map(scalar) }
        return output
    }
}
