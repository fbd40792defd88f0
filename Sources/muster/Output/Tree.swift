import Wire

/// A value of any depth, printed as one JSON object a line; keys keep their order.
indirect enum Tree {
    case cell(Cell)
    case object([(key: String, value: Tree)])
    case list([Tree])
    case json(JSONNode)

    func append(to buffer: inout [UInt8]) {
        switch self {
        case .cell(let cell): cell.appendJSON(to: &buffer)
        case .json(let node): buffer.append(canonicalJSON: node.value)
        case .list(let trees):
            buffer.append(UInt8(ascii: "["))
            for (index, tree) in trees.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                tree.append(to: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .object(let members):
            buffer.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.append(jsonString: member.key)
                buffer.append(UInt8(ascii: ":"))
                member.value.append(to: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    /// Gives each value to a body with the way to it, such as `condition.all[0].holds`.
    func eachValue(under path: String = "", _ body: (String, Cell) throws -> Void) rethrows {
        switch self {
        case .cell(let cell): try body(path, cell)
        case .json(let node):
            var text: [UInt8] = []
            text.append(canonicalJSON: node.value)
            try body(path, .text(text))
        case .list(let trees):
            for (index, tree) in trees.enumerated() {
                try tree.eachValue(under: "\(path)[\(index)]", body)
            }
        case .object(let members):
            for member in members {
                try member.value.eachValue(
                    under: path.isEmpty ? member.key : "\(path).\(member.key)", body)
            }
        }
    }
}
