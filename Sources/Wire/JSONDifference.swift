/// One place at which two JSON values differ.
public struct JSONDifference: Sendable, Equatable {
    /// The way there, such as `match.all[0].revenue.greater_than`; empty for the whole value.
    public let path: String
    /// What is there in the old value, as canonical JSON; nil where nothing is.
    public let old: [UInt8]?
    /// What is there in the new value, as canonical JSON; nil where nothing is.
    public let new: [UInt8]?

    /// Makes a difference.
    public init(path: String, old: [UInt8]?, new: [UInt8]?) {
        self.path = path
        self.old = old
        self.new = new
    }
}

/// The places at which two JSON values differ, as deep inside as both have the same shape.
///
/// - Returns: Members of objects in byte order of their names, elements of arrays in their order.
public func jsonDifferences(_ old: JSONNode, _ new: JSONNode) -> [JSONDifference] {
    var differences: [JSONDifference] = []
    compare(old, new, "", &differences)
    return differences
}

private func compare(
    _ old: JSONNode?, _ new: JSONNode?, _ path: String, _ differences: inout [JSONDifference]
) {
    switch (old?.value, new?.value) {
    case (.object(let left)?, .object(let right)?):
        let keys = Set(left.map(\.key) + right.map(\.key))
        for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let name = String(decoding: key, as: UTF8.self)
            compare(
                left.first { $0.key == key }?.value, right.first { $0.key == key }?.value,
                path.isEmpty ? name : "\(path).\(name)", &differences)
        }
    case (.array(let left)?, .array(let right)?):
        for index in 0..<max(left.count, right.count) {
            compare(
                index < left.count ? left[index] : nil, index < right.count ? right[index] : nil,
                "\(path)[\(index)]", &differences)
        }
    default:
        let (left, right) = (old.map(canonicalJSON), new.map(canonicalJSON))
        guard left != right else { return }
        differences.append(JSONDifference(path: path, old: left, new: right))
    }
}
