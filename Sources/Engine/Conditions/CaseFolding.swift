/// Texts without the difference between upper and lower case (SPEC 4, "ignoring case").
///
/// Unicode's full case folding, which knows no locale and no neighbours of a letter: `Σ`, `σ` and `ς` are
/// one, as are `ß`, `ẞ` and `ss`, `µ` and `μ`, `ſ` and `s`. The standard library has no table of it; lower case
/// of upper case of lower case gives the same equalities, with the dotless `ı`, which folds to itself, as
/// the only exception.
public enum CaseFolding {
    private static let dotlessI: Unicode.Scalar = "\u{131}"

    /// Folds a text; what is no UTF-8 in it is repaired.
    ///
    /// - Parameter text: UTF-8.
    /// - Returns: UTF-8 that is the same for texts that differ in case alone.
    public static func fold(_ text: [UInt8]) -> [UInt8] {
        guard text.allSatisfy({ $0 < 0x80 }) else {
            var folded = String.UnicodeScalarView()
            for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
                append(scalar, to: &folded)
            }
            return Array(String(folded).utf8)
        }
        return text.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
    }

    private static func append(
        _ scalar: Unicode.Scalar, to folded: inout String.UnicodeScalarView
    ) {
        guard scalar != dotlessI else { return folded.append(scalar) }
        for lower in scalar.properties.lowercaseMapping.unicodeScalars {
            for upper in lower.properties.uppercaseMapping.unicodeScalars {
                folded.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
            }
        }
    }
}
