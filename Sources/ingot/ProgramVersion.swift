// SPDX-License-Identifier: Apache-2.0

/// The version that `--version`, provenance and image labels state.
enum ProgramVersion {
    static let text = "0.1.0"
}
