import Core

/// Dates of mail (RFC 5322, section 3.3, the obsolete forms of 4.3 too).
enum MailDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    /// Hours from UTC of the zones that have names; all other names say nothing, and are UTC.
    private static let zones: [String: Int64] = [
        "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8,
    ]

    /// Reads a date such as `Sun, 1 Mar 2026 15:00:00 +0000 (UTC)`.
    ///
    /// - Returns: The instant; nil where the text is no date, or one before 1970. A second of 60 is the
    ///   one before it.
    static func instant(_ text: String) -> Instant? {
        var words: [String] = []
        for case .text(let word) in MailWords(text, marks: [","]).words { words.append(word) }
        if let first = words.first, first.first?.isLetter == true { words.removeFirst() }
        guard words.count >= 4, let day = number(words[0], digits: 1...2),
            let month = months.firstIndex(of: words[1].lowercased().prefix(3).description),
            let year = year(words[2]), let ofDay = secondsOfDay(words[3]),
            let date = Day(year: year, month: month + 1, day: Int(day))
        else { return nil }
        let shift = words.count > 4 ? zone(words[4]) : 0
        let seconds = Int64(date.number) * 86_400 + ofDay - shift
        let instant = Instant(microseconds: seconds * .second)
        return seconds >= 0 && instant <= .latest ? instant : nil
    }

    private static func number(_ text: some StringProtocol, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text)
    }

    private static func year(_ text: String) -> Int? {
        guard let year = number(text, digits: 2...4) else { return nil }
        switch text.utf8.count {
        case 2: return Int(year) + (year < 50 ? 2000 : 1900)
        case 3: return Int(year) + 1900
        default: return Int(year)
        }
    }

    private static func secondsOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0], digits: 1...2),
            let minute = number(parts[1], digits: 1...2),
            let second = parts.count == 3 ? number(parts[2], digits: 1...2) : 0,
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + min(second, 59)
    }

    /// Seconds east of UTC.
    private static func zone(_ text: String) -> Int64 {
        guard let sign = text.first, sign == "+" || sign == "-",
            let value = number(text.dropFirst(), digits: 4...4)
        else { return (zones[text.lowercased()] ?? 0) * 3600 }
        let seconds = value / 100 * 3600 + value % 100 * 60
        return sign == "-" ? -seconds : seconds
    }
}
