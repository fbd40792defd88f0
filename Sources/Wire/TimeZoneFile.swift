import Core

/// The first second that zone rules do not cover any more, 2101-01-01T00:00:00Z (SPEC 1).
private let rulesEnd: Int64 = 4_133_980_800

/// Reads a time zone file of the tz database (TZif, RFC 9636) as rules up to the end of 2100.
///
/// Of version 2 and later the 64-bit data counts, and after its last change the rule in the footer;
/// a version 1 file has neither. Neighbouring changes to one offset are merged. Before the first
/// change local time type 0 holds.
///
/// - Parameters:
///   - bytes: The whole file.
///   - name: The zone's name, such as `America/New_York`.
/// - Returns: The rules; changes after 2100 are left out.
/// - Throws: ``WireError`` with the offset of what does not fit. Files that count leap seconds (the
///   `right/` zones) are refused.
public func parseTimeZoneFile(_ bytes: Span<UInt8>, name: String) throws(WireError) -> ZoneRules {
    var reader = ByteReader()
    var header = try TimeZoneHeader(bytes, &reader)
    var timeSize = 4
    if header.version > 0 {
        _ = try reader.take(header.dataSize(timeSize: 4), of: bytes)
        header = try TimeZoneHeader(bytes, &reader)
        timeSize = 8
    }
    let data = try TimeZoneData(header, timeSize: timeSize, bytes, &reader)
    var changes = data.changes
    if header.version > 0 {
        let footer = try footerRange(bytes, &reader)
        if !footer.isEmpty {
            let rule = try PosixTimeZone(bytes, footer)
            changes += rule.changes(after: changes.last?.at)
        }
    }
    return ZoneRules(
        name: name,
        initialOffset: data.initialOffset,
        changes: merged(changes, initialOffset: data.initialOffset)
    )
}

/// Leaves out changes that change nothing, and all but the last at one second.
private func merged(
    _ changes: [ZoneRules.Change],
    initialOffset: Int32
) -> [ZoneRules.Change] {
    var kept: [ZoneRules.Change] = []
    for change in changes where change.at < rulesEnd {
        if kept.last?.at == change.at { kept.removeLast() }
        if (kept.last?.offset ?? initialOffset) != change.offset { kept.append(change) }
    }
    return kept
}

/// The text between the two line feeds that end the file.
private func footerRange(
    _ bytes: Span<UInt8>,
    _ reader: inout ByteReader
) throws(WireError) -> Range<Int> {
    guard try reader.byte(bytes) == 0x0a else {
        throw WireError(.invalid("a line feed before the footer"), offset: reader.offset - 1)
    }
    let start = reader.offset
    while try reader.byte(bytes) != 0x0a {}
    return start..<(reader.offset - 1)
}

/// One of the headers of a time zone file.
private struct TimeZoneHeader {
    let version: UInt8
    let universalCount: Int
    let standardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let nameBytes: Int

    init(_ bytes: Span<UInt8>, _ reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        guard try reader.fixed32(bytes) == 0x545a_6966 else {
            throw WireError(.invalid("TZif, the mark of a time zone file"), offset: start)
        }
        version = try reader.byte(bytes)
        guard version == 0 || version >= UInt8(ascii: "2") else {
            throw WireError(.invalid("a known version"), offset: start + 4)
        }
        _ = try reader.take(15, of: bytes)
        universalCount = Int(try reader.fixed32(bytes))
        standardCount = Int(try reader.fixed32(bytes))
        leapCount = Int(try reader.fixed32(bytes))
        timeCount = Int(try reader.fixed32(bytes))
        typeCount = Int(try reader.fixed32(bytes))
        nameBytes = Int(try reader.fixed32(bytes))
    }

    /// How many bytes of data follow the header.
    func dataSize(timeSize: Int) -> Int {
        timeCount * (timeSize + 1) + typeCount * 6 + nameBytes + leapCount * (timeSize + 4)
            + standardCount + universalCount
    }
}

/// The changes that a time zone file lists.
private struct TimeZoneData {
    let initialOffset: Int32
    var changes: [ZoneRules.Change] = []

    init(
        _ header: TimeZoneHeader,
        timeSize: Int,
        _ bytes: Span<UInt8>,
        _ reader: inout ByteReader
    ) throws(WireError) {
        let start = reader.offset
        let all = try reader.take(header.dataSize(timeSize: timeSize), of: bytes)
        guard header.leapCount == 0 else {
            throw WireError(.invalid("a zone that does not count leap seconds"), offset: start)
        }
        guard header.typeCount > 0 else {
            throw WireError(.invalid("at least one local time type"), offset: start)
        }
        let indices = start + header.timeCount * timeSize
        let types = indices + header.timeCount
        var offsets: [Int32] = []
        for number in 0..<header.typeCount {
            var field = ByteReader(offset: types + number * 6)
            let offset = Int32(bitPattern: try field.fixed32(bytes))
            guard (-93_600...93_600).contains(offset) else {
                throw WireError(.invalid("an offset of less than 26 hours"), offset: field.offset)
            }
            offsets.append(offset)
        }
        initialOffset = offsets[0]
        var times = ByteReader(offset: start)
        for number in 0..<header.timeCount {
            let place = times.offset
            let at =
                timeSize == 8
                ? Int64(bitPattern: try times.fixed64(bytes))
                : Int64(Int32(bitPattern: try times.fixed32(bytes)))
            let type = Int(bytes[indices + number])
            guard type < offsets.count else {
                throw WireError(.invalid("a known local time type"), offset: indices + number)
            }
            guard at > changes.last?.at ?? .min, at > -(1 << 60) else {
                throw WireError(.invalid("times in ascending order"), offset: place)
            }
            changes.append(ZoneRules.Change(at: at, offset: offsets[type]))
        }
        reader.offset = all.upperBound
    }
}

/// Standard time, and summer time with the days on which it begins and ends, every year alike.
///
/// The text is a POSIX `TZ` with RFC 9636's extensions: hours from -167 to 167, so that rules can
/// name the day before, and summer time that is behind standard time.
struct PosixTimeZone {
    private let standardOffset: Int32
    private var summer: (offset: Int32, start: YearlyRule, end: YearlyRule)?

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var scanner = PosixScanner(offset: range.lowerBound, end: range.upperBound)
        try scanner.name(bytes)
        standardOffset = -Int32(try scanner.time(bytes, hourMax: 24))
        guard !scanner.isAtEnd else { return }
        try scanner.name(bytes)
        var offset = standardOffset + 3600
        if !scanner.isAtEnd, !scanner.isAt(UInt8(ascii: ","), bytes) {
            offset = -Int32(try scanner.time(bytes, hourMax: 24))
        }
        guard !scanner.isAtEnd else {
            // POSIX leaves the days open here; those of the United States are the custom.
            summer = (offset, .weekday(3, 2, 0, 7200), .weekday(11, 1, 0, 7200))
            return
        }
        try scanner.expect(UInt8(ascii: ","), bytes)
        let start = try scanner.rule(bytes)
        try scanner.expect(UInt8(ascii: ","), bytes)
        let end = try scanner.rule(bytes)
        guard scanner.isAtEnd else {
            throw WireError(.invalid("the end of the footer"), offset: scanner.offset)
        }
        summer = (offset, start, end)
    }

    /// The changes after a second since the epoch, in order; all from 1969 on where there is none.
    func changes(after last: Int64?) -> [ZoneRules.Change] {
        guard let summer else { return [] }
        let from = max(last ?? .min, -86_400 * 365)
        guard from < rulesEnd else { return [] }
        let firstYear = Day(number: Int32(from.flooredQuotient(by: 86_400))).civil.year
        var changes: [ZoneRules.Change] = []
        for year in (firstYear - 1)...2101 {
            let start = ZoneRules.Change(
                at: summer.start.local(year) - Int64(standardOffset),
                offset: summer.offset
            )
            let end = ZoneRules.Change(
                at: summer.end.local(year) - Int64(summer.offset),
                offset: standardOffset
            )
            changes += start.at <= end.at ? [start, end] : [end, start]
        }
        // Hours of up to a week can put a year's changes behind those of the next; what is equal stays.
        let ordered = changes.enumerated().sorted {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }
        return ordered.map(\.element).filter { $0.at > last ?? .min }
    }
}

/// A day of every year and a time on it, in seconds of local time from its midnight.
private enum YearlyRule {
    /// Month, week 1...5 (5 is the last), day of the week from Sunday 0.
    case weekday(Int, Int, Int, Int64)
    /// Day 1...365, February 29 never counted.
    case dayWithoutLeap(Int, Int64)
    /// Day 0...365, February 29 counted.
    case day(Int, Int64)

    /// Seconds of local time since 1970-01-01T00:00 at which the rule strikes in a year.
    func local(_ year: Int) -> Int64 {
        let first = Int64(Day(year: year, month: 1, day: 1)?.number ?? 0)
        switch self {
        case .weekday(let month, let week, let weekday, let time):
            let monthStart = Day(year: year, month: month, day: 1)?.number ?? 0
            let startWeekday = (Int(monthStart) + 4) % 7  // 1970-01-01 was a Thursday.
            var day = (weekday - startWeekday + 14) % 7 + (week - 1) * 7
            if day >= Day.length(ofMonth: month, year: year) { day -= 7 }
            return (Int64(monthStart) + Int64(day)) * 86_400 + time
        case .dayWithoutLeap(let number, let time):
            let isLeap = Day.length(ofMonth: 2, year: year) == 29
            let day = isLeap && number >= 60 ? number : number - 1
            return (first + Int64(day)) * 86_400 + time
        case .day(let number, let time): return (first + Int64(number)) * 86_400 + time
        }
    }
}

/// Reads the parts of a POSIX `TZ` text.
private struct PosixScanner {
    var offset: Int
    let end: Int

    var isAtEnd: Bool { offset >= end }

    func isAt(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        offset < end && bytes[offset] == byte
    }

    mutating func skip(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard isAt(byte, bytes) else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(WireError) {
        guard skip(byte, bytes) else {
            throw WireError(
                .invalid("\(Character(Unicode.Scalar(byte))) in the footer"),
                offset: offset
            )
        }
    }

    /// Letters, or anything between `<` and `>`.
    mutating func name(_ bytes: Span<UInt8>) throws(WireError) {
        let start = offset
        if skip(UInt8(ascii: "<"), bytes) {
            while offset < end, bytes[offset] != UInt8(ascii: ">") { offset += 1 }
            try expect(UInt8(ascii: ">"), bytes)
            return
        }
        while offset < end, (0x61...0x7a).contains(bytes[offset] | 0x20) { offset += 1 }
        guard offset - start >= 3 else {
            throw WireError(.invalid("a zone's abbreviation in the footer"), offset: start)
        }
    }

    mutating func number(_ bytes: Span<UInt8>, _ range: ClosedRange<Int>) throws(WireError) -> Int {
        let start = offset
        var value = 0
        while offset < end, offset - start < 3, isDigit(bytes[offset]) {
            value = value * 10 + Int(bytes[offset] - 0x30)
            offset += 1
        }
        guard offset > start, range.contains(value) else {
            throw WireError(
                .invalid("a number from \(range.lowerBound) to \(range.upperBound)"),
                offset: start
            )
        }
        return value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(_ bytes: Span<UInt8>, hourMax: Int) throws(WireError) -> Int64 {
        let isNegative = skip(UInt8(ascii: "-"), bytes)
        if !isNegative { _ = skip(UInt8(ascii: "+"), bytes) }
        var seconds = Int64(try number(bytes, 0...hourMax)) * 3600
        if skip(UInt8(ascii: ":"), bytes) {
            seconds += Int64(try number(bytes, 0...59)) * 60
            if skip(UInt8(ascii: ":"), bytes) { seconds += Int64(try number(bytes, 0...59)) }
        }
        return isNegative ? -seconds : seconds
    }

    mutating func rule(_ bytes: Span<UInt8>) throws(WireError) -> YearlyRule {
        if skip(UInt8(ascii: "M"), bytes) {
            let month = try number(bytes, 1...12)
            try expect(UInt8(ascii: "."), bytes)
            let week = try number(bytes, 1...5)
            try expect(UInt8(ascii: "."), bytes)
            let weekday = try number(bytes, 0...6)
            return .weekday(month, week, weekday, try ruleTime(bytes))
        }
        if skip(UInt8(ascii: "J"), bytes) {
            let day = try number(bytes, 1...365)
            return .dayWithoutLeap(day, try ruleTime(bytes))
        }
        let day = try number(bytes, 0...365)
        return .day(day, try ruleTime(bytes))
    }

    private mutating func ruleTime(_ bytes: Span<UInt8>) throws(WireError) -> Int64 {
        skip(UInt8(ascii: "/"), bytes) ? try time(bytes, hourMax: 167) : 7200
    }
}
