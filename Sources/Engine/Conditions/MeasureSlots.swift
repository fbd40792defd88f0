import Core

/// A measure, kept by local day or, for rolling windows, by instant.
struct MeasureKey: Hashable {
    var measure: Measure
    var byInstant: Bool

    init(measure: Measure, window: Window) {
        self.measure = measure
        byInstant = window.isRolling
    }
}

/// Which series of a partner's holds which measure.
///
/// Only measures that some leaf looks at are kept, and those of money, actions and clicks by day,
/// which nearly every program uses. A slot's number is not given away again: what a dropped measure
/// left behind can't be mistaken for another's.
struct MeasureSlots {
    /// A measure in use.
    struct Entry {
        var key: MeasureKey
        var custom: CustomMatcher?
    }

    /// In order of slots; nil where the measure is no longer looked at.
    private(set) var entries: [Entry?] = []
    private var slots: [MeasureKey: Int] = [:]
    private var used: Set<Int> = []

    static let basic: [Measure] = [.revenue, .actions, .clicks]

    init(texts: inout TextTable) {
        for measure in Self.basic {
            _ = slot(for: MeasureKey(measure: measure, window: .allTime), texts: &texts)
        }
    }

    mutating func slot(for key: MeasureKey, texts: inout TextTable) -> Int {
        if let slot = slots[key] {
            used.insert(slot)
            return slot
        }
        var custom: CustomMatcher?
        if case .custom(let name, let tests) = key.measure {
            custom = CustomMatcher(name: name, tests: tests, texts: &texts)
        }
        if case .email(_, .some(let source)) = key.measure { _ = texts.intern(source) }
        entries.append(Entry(key: key, custom: custom))
        slots[key] = entries.count - 1
        used.insert(entries.count - 1)
        return entries.count - 1
    }

    /// Goes on to conditions that were in force once, as a compilation of them did.
    mutating func follow(_ conditions: [Condition], texts: inout TextTable) {
        beginUse()
        for condition in conditions {
            for case .measure(let measure, let window, _) in condition.leaves {
                _ = slot(for: MeasureKey(measure: measure, window: window), texts: &texts)
            }
        }
        endUse()
    }

    /// Begins a new compilation, in which every measure still looked at asks for its slot again.
    mutating func beginUse() {
        used = Set(Self.basic.indices)
    }

    /// Ends a compilation: measures that nobody asked for are dropped.
    mutating func endUse() {
        for slot in entries.indices where !used.contains(slot) {
            if let entry = entries[slot] { slots[entry.key] = nil }
            entries[slot] = nil
        }
    }
}

/// A custom event's name and the tests on its properties, interned.
///
/// Most tests are decided when the event arrives. A date condition that looks at today is not: a
/// measure with such tests keeps each event with the moments that its properties name.
struct CustomMatcher {
    let name: TextID
    /// The conditions on the moments that `match` finds, in their order.
    let conditions: [DateCondition]
    /// Whether it hangs on the rules of the time zone which events count.
    let hasDates: Bool
    private var fixed: [(name: TextID, matcher: ValueMatcher, isNegated: Bool)] = []
    private var dated: [TextID] = []

    init(name: Name, tests: [PropertyTest], texts: inout TextTable) {
        self.name = texts.intern(name)
        var conditions: [DateCondition] = []
        var hasDates = false
        for test in tests {
            let property = texts.intern(test.name)
            if case .date(let condition) = test.test {
                hasDates = true
                if condition.dependsOnTime {
                    dated.append(property)
                    conditions.append(condition)
                    continue
                }
            }
            fixed.append((property, ValueMatcher(test.test, texts: &texts), test.isNegated))
        }
        self.conditions = conditions
        self.hasDates = hasDates
    }

    /// The moments that the event's dated properties name, or nil where it can never count.
    func match(
        _ eventName: TextID, _ properties: [NamedValue], texts: TextTable, at time: EvaluationTime
    ) -> [Instant]? {
        func value(_ name: TextID) -> Value? { properties.first { $0.name == name }?.value }
        guard eventName == name else { return nil }
        for test in fixed {
            let truth = test.matcher.truth(of: value(test.name), in: texts, at: time)
            if truth.value == test.isNegated { return nil }
        }
        var moments: [Instant] = []
        for property in dated {
            guard case .text(let text) = value(property),
                let moment = WrittenMoment(texts.name(text).bytes, zone: time.zone)
            else { return nil }
            moments.append(moment.instant)
        }
        return moments
    }
}
