import Core

/// A partner's attributes, each once, in the order in which they were first set or removed.
public struct AttributeFacts: Sendable {
    /// So many are found as fast by looking through them.
    private static let fewMax = 32

    /// The facts in their order.
    public private(set) var list: [AttributeFact]
    /// Where each name stands in the list; empty while there are few.
    private var places: [TextID: Int] = [:]

    /// Takes facts of which no two have one name.
    public init(_ list: [AttributeFact] = []) {
        self.list = list
        indexIfMany()
    }

    private mutating func indexIfMany() {
        guard list.count > Self.fewMax else { return }
        places.reserveCapacity(list.count)
        for (place, fact) in list.enumerated() { places[fact.name] = place }
    }

    private func place(of name: TextID) -> Int? {
        guard places.isEmpty else { return places[name] }
        for place in list.indices where list[place].name == name { return place }
        return nil
    }

    /// The current value of an attribute.
    func value(of name: TextID) -> Value? { place(of: name).flatMap { list[$0].value } }

    /// Makes room for a partner's first attributes, which mostly come at once.
    mutating func makeRoom(forFirst count: Int) {
        if list.isEmpty { list.makeRoom(for: count) }
    }

    /// Takes a setting in, or a removal by nil.
    mutating func set(_ name: TextID, _ value: Value?, _ order: FactOrder) {
        if let place = place(of: name) {
            guard order > list[place].order else { return }
            list[place].order = order
            list[place].value = value
            return
        }
        list.makeRoom()
        list.append(AttributeFact(name: name, order: order, value: value))
        if places.isEmpty { indexIfMany() } else { places[name] = list.count - 1 }
    }
}
