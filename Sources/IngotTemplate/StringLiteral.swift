// SPDX-License-Identifier: Apache-2.0

/// The value of a quoted string: Python's `unicode-escape`, as Jinja applies it.
enum StringLiteral {
    struct Fault: Error { let problem: String }

    static func value(of body: ArraySlice<Unicode.Scalar>) throws(Fault) -> String {
        var output = String.UnicodeScalarView()
        var rest = body
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let escaped = rest.popFirst() else {
                output.append(scalar)
                continue
            }
            switch escaped {
            case "\n": break  // A line continued in the source.
            case "n": output.append("\n")
            case "t": output.append("\t")
            case "r": output.append("\r")
            case "a": output.append("\u{7}")
            case "b": output.append("\u{8}")
            case "f": output.append("\u{C}")
            case "v": output.append("\u{B}")
            case "\\", "'", "\"": output.append(escaped)
            case "x": output.append(try scalarValue(of: &rest, digits: 2))
            case "u": output.append(try scalarValue(of: &rest, digits: 4))
            case "U": output.append(try scalarValue(of: &rest, digits: 8))
            case "0"..."7":
                output.append(octal(startingWith: escaped, &rest))
            case "N": throw Fault(problem: "\\N{…} is not supported; write the character itself")
            default: appendUnknown(escaped, to: &output)
            }
        }
        return String(output)
    }

    private static func scalarValue(
        of rest: inout ArraySlice<Unicode.Scalar>,
        digits: Int
    ) throws(Fault) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let next = rest.popFirst(), let digit = Character(next).hexDigitValue else {
                throw Fault(problem: "an escape needs \(digits) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw Fault(problem: "an escape names half of a character; write the character itself")
        }
        return scalar
    }

    private static func octal(
        startingWith first: Unicode.Scalar,
        _ rest: inout ArraySlice<Unicode.Scalar>
    ) -> Unicode.Scalar {
        var value = first.value - 0x30
        for _ in 0..<2 {
            guard let next = rest.first, ("0"..."7").contains(next) else { break }
            value = value << 3 | (next.value - 0x30)
            rest.removeFirst()
        }
        return Unicode.Scalar(value) ?? first
    }

    /// An unknown escape keeps its backslash.
    ///
    /// Jinja first writes characters beyond ASCII as escapes, so a backslash before one of them
    /// leaves the letters of that escape.
    private static func appendUnknown(
        _ scalar: Unicode.Scalar,
        to output: inout String.UnicodeScalarView
    ) {
        output.append("\\")
        guard !scalar.isASCII else {
            output.append(scalar)
            return
        }
        let digits = String(scalar.value, radix: 16)
        let (letter, width) =
            scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
        output.append(contentsOf: (letter + zeros + digits).unicodeScalars)
    }
}
