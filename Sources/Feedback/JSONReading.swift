import Wire

extension JSONNode {
    /// The text of a member: a string that is not empty, or a number as it is written.
    func word(_ key: String) -> [UInt8]? {
        switch member(key)?.value {
        case .string(let text)? where !text.isEmpty: text
        case .number(_, let text)?: text
        default: nil
        }
    }

    /// The text of a member, as a string; empty where there is none.
    func string(_ key: String) -> String {
        word(key).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The elements of a member that is an array; empty where it is none.
    func elements(_ key: String) -> [JSONNode] {
        guard case .array(let elements)? = member(key)?.value else { return [] }
        return elements
    }

    /// The fault of a member that must be a string and is not.
    func notText(_ key: String, as label: String, example: String) -> Fault {
        guard let node = member(key) else {
            return .missing(label, "`\(label)` is missing: it is \(example)")
        }
        if case .string(let text) = node.value, text.isEmpty {
            return .bad(label, "`\(label)` is empty: it is \(example)")
        }
        return .bad(label, "`\(label)` must be \(example), not \(node.value.kind)")
    }
}
