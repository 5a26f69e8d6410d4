// SPDX-License-Identifier: Apache-2.0

/// The version that the programs' `--version`, provenance and image labels state.
package enum ProductVersion {
    package static let text = "0.1.0"
}
