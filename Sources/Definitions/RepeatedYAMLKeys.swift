import Yams

/// A YAML document whose mappings may give a key twice, which the parser refuses without saying
/// where else.
///
/// The first of two equal keys gets another first character until the parser takes the text. What
/// stands where is as in the text: only characters change.
struct RepeatedYAMLKeys {
    /// The parser's tree, with changed keys.
    private(set) var root: Yams.Node?
    /// What changed keys were, by where they stand.
    private(set) var names: [Position: String] = [:]

    /// Line and column, from 1.
    struct Position: Hashable {
        var line: Int
        var column: Int

        init(_ mark: Mark) {
            line = mark.line
            column = mark.column
        }
    }

    /// So many keys are changed at most: each costs a pass over the text.
    private static let countMax: UInt32 = 20
    /// A character for private use, the first of those that stand for others.
    private static let substitute: UInt32 = 0xE000

    /// Reads a text that the parser refused; nil where something else in it is wrong too.
    init?(_ text: String) {
        var scalars = Array(text.unicodeScalars)
        for count in 0..<Self.countMax {
            var changed = String.UnicodeScalarView()
            changed.append(contentsOf: scalars)
            do {
                root = try Yams.compose(yaml: String(changed), .basic, .default, .utf8)
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.first,
                    names.updateValue(key, forKey: Position(context.mark)) == nil,
                    let index = Self.index(of: context.mark, in: scalars),
                    let substitute = Unicode.Scalar(Self.substitute + count)
                else { return nil }
                scalars[index] = substitute
            } catch {
                return nil
            }
        }
        return nil
    }

    /// The first character of a key's text; nil where an anchor, alias or tag stands before it.
    private static func index(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var start = 0
        while line < mark.line, start < scalars.count {
            if scalars[start] == "\n" { line += 1 }
            start += 1
        }
        let index = start + mark.column - 1
        guard scalars.indices.contains(index) else { return nil }
        switch scalars[index] {
        case "&", "*", "!": return nil
        case "\"", "'": return index + 1 < scalars.count ? index + 1 : nil
        default: return index
        }
    }
}
