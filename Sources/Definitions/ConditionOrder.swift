import Core

/// Orders of values and property tests, by which lists of them get one canonical form: texts, then
/// numbers, then flags, each by value; tests by name, then by kind and bounds.
func precedes(_ left: ConstantValue, _ right: ConstantValue) -> Bool {
    sortKey(left).lexicographicallyPrecedes(sortKey(right), by: precedes)
}

/// Whether a test comes before another in the canonical order.
func precedes(_ left: PropertyTest, _ right: PropertyTest) -> Bool {
    sortKey(left).lexicographicallyPrecedes(sortKey(right), by: precedes)
}

/// A part of what a value is ordered by; parts of one place are of one case.
private enum SortPart {
    case rank(Int64)
    case text(Name)
    case number(Decimal)
}

private func precedes(_ left: SortPart, _ right: SortPart) -> Bool {
    switch (left, right) {
    case (.rank(let left), .rank(let right)): left < right
    case (.text(let left), .text(let right)): left < right
    case (.number(let left), .number(let right)): left < right
    case (.rank, _), (.text, .number): true
    default: false
    }
}

private func sortKey(_ value: ConstantValue) -> [SortPart] {
    switch value {
    case .text(let text): [.rank(0), .text(text)]
    case .number(let number): [.rank(1), .number(number)]
    case .flag(let flag): [.rank(2), .rank(flag ? 1 : 0)]
    }
}

private func sortKey(_ test: PropertyTest) -> [SortPart] {
    [.text(test.name), .rank(test.isNegated ? 1 : 0)] + sortKey(test.test)
}

private func sortKey(_ test: AttributeTest) -> [SortPart] {
    switch test {
    case .anyOf(let values): [.rank(0)] + values.flatMap(sortKey)
    case .text(let test): [.rank(1)] + sortKey(test)
    case .number(let comparison): [.rank(2)] + sortKey(comparison)
    case .exists: [.rank(3)]
    case .date(let condition): [.rank(4)] + sortKey(condition)
    }
}

private func sortKey(_ test: TextTest) -> [SortPart] {
    switch test {
    case .anyOf(let names): [.rank(0)] + names.map { .text($0) }
    case .contains(let text): [.rank(1), .text(text)]
    case .startsWith(let text): [.rank(2), .text(text)]
    case .endsWith(let text): [.rank(3), .text(text)]
    }
}

private func sortKey(_ comparison: NumberComparison) -> [SortPart] {
    switch comparison {
    case .greaterThan(let bound): [.rank(0), .number(bound)]
    case .atLeast(let bound): [.rank(1), .number(bound)]
    case .lessThan(let bound): [.rank(2), .number(bound)]
    case .atMost(let bound): [.rank(3), .number(bound)]
    case .between(let low, let high): [.rank(4), .number(low), .number(high)]
    }
}

private func sortKey(_ condition: DateCondition) -> [SortPart] {
    switch condition {
    case .daysAgo(let from, let to): [.rank(0), .rank(Int64(from)), .rank(Int64(to))]
    case .lastMonths(let count): [.rank(1), .rank(Int64(count))]
    case .moreThanDaysAgo(let count): [.rank(2), .rank(Int64(count))]
    case .dates(let from, let to):
        [
            .rank(3), .rank(from.map { Int64($0.number) } ?? .min),
            .rank(to.map { Int64($0.number) } ?? .max),
        ]
    case .isSet: [.rank(4)]
    case .within(let length): [.rank(5), .rank(length)]
    case .longerAgoThan(let length): [.rank(6), .rank(length)]
    }
}
