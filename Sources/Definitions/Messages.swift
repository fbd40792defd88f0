/// A text as messages show it: in quotes, control characters escaped, cut after 60 characters.
package func quoted(_ text: String) -> String {
    var result = "\""
    for (position, scalar) in text.unicodeScalars.enumerated() {
        if position == 60 {
            result += "…"
            break
        }
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        default:
            if isControl(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return result + "\""
}

/// A character by its number, as Unicode writes it: `U+000A`.
func codePoint(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// Whether a character is a control character (Unicode Cc).
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
}

/// The known word that is closest to what was written, or nil where none is close.
///
/// Close means that about a third of the letters may differ; exchanged neighbours count as one.
package func nearest(to text: String, among words: [String]) -> String? {
    let written = Array(text.lowercased().unicodeScalars)
    guard written.count <= 100 else { return nil }
    var best: (word: String, distance: Int)?
    for word in words {
        let letters = Array(word.lowercased().unicodeScalars)
        let distance = editDistance(written, letters)
        let limit = max(1, max(written.count, letters.count) / 3)
        if distance <= limit, distance < best?.distance ?? .max { best = (word, distance) }
    }
    return best?.word
}

/// Insertions, deletions, replacements and exchanges of neighbours between two texts.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            var cost = min(
                last[column + 1] + 1, current[column] + 1,
                last[column] + (left[row] == right[column] ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1],
                left[row - 1] == right[column]
            {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}

/// Words as a list for people: `a, b or c`.
package func listed(_ words: [String], _ conjunction: String = "or") -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
}

extension Node {
    /// What the node is, for messages.
    package var kind: String {
        switch content {
        case .null: "nothing"
        case .plain(let text), .text(let text): quoted(text)
        case .number(let text): "the number \(text.prefix(40))"
        case .flag(let flag): "\(flag)"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}
