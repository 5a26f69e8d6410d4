// SPDX-License-Identifier: Apache-2.0

/// What a base's licence says about adapters, as far as its name tells.
enum Licence {
    /// A sentence for licences that do not allow derivatives, such as `cc-by-nc-nd-4.0`.
    static func warning(_ name: String?) -> String? {
        guard let name else { return nil }
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        let forbids =
            words.contains("nd") || words.contains("noderivatives")
            || words.contains("noderivs") || name.lowercased().contains("no derivatives")
        return forbids
            ? "the base's licence, \(name), does not allow derivatives: ask its owner" : nil
    }
}
