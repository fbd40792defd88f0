/// Keys that a mapping gives twice, in YAML and JSON alike.
///
/// - Throws: ``DefinitionErrors`` with the first key of a tree that its mapping has given before.
func refuseRepeatedKeys(in root: Node, file: String) throws(DefinitionErrors) {
    try refuseRepeatedKeys(in: Lowering.Item(node: root, path: ""), file: file)
}

private func refuseRepeatedKeys(
    in item: Lowering.Item, file: String
) throws(DefinitionErrors) {
    switch item.node.content {
    case .list(let nodes):
        for element in item.elements(nodes) { try refuseRepeatedKeys(in: element, file: file) }
    case .map(let entries):
        var lines: [[UInt8]: Int] = [:]
        for entry in entries {
            if let first = lines.updateValue(entry.line, forKey: Array(entry.key.utf8)) {
                throw syntaxError(
                    file, (entry.line, entry.column), path: item.path,
                    "the key \(quoted(entry.key)) is given twice, first in line \(first)",
                    "keep one of them; several values make a list under one key")
            }
            try refuseRepeatedKeys(in: item.under(entry.key, entry.value), file: file)
        }
    default: break
    }
}
