/// Definitions of every kind, and made-up histories that set all of them in motion.
enum Campaign {
    static let definitions = """
        templates:
          - { id: hello, subject: "Hello {{name}}", text: "Hello" }
          - { id: bye, subject: "Bye {{name}}", text: "Bye" }
          - { id: thanks, subject: "Thanks {{name}}", text: "Thanks" }
        segments:
          - { id: core, match: { all: [{ segment: { any_of: [earners] } }, { tag: { none_of: [vip] } }] } }
          - { id: earners, match: { revenue: { greater_than: 100 } } }
          - { id: fresh, match: { tagged: { tag: seen, last_days: 1 } } }
          - { id: mailed, match: { email: { activity: sent, at_least: 2 } } }
          - { id: recent, match: { tagged: { tag: seen, within: { minutes: 90 } } } }
          - { id: vips, match: { tag: { any_of: [vip] } } }
        workflows:
          - { id: celebrate, segment: earners, do: [{ send_email: thanks }], state: active }
          - { id: warm-up, segment: fresh, do: [{ add_tag: warm }], state: active }
        automations:
          - { id: core-in, on: { segment_entered: core }, do: [{ add_tag: core }], state: active }
          - { id: gone, on: { segment_left: recent }, do: [{ send_email: bye }], state: active }
          - { id: vip-welcome, on: { tag_assigned: vip }, do: [{ send_email: hello }], state: active }

        """

    /// Three days of events, a few of them late, one line each.
    static func history(seed: UInt64, count: Int, prefix: String = "e") -> [String] {
        var random = SplitMix64(seed: seed)
        let step = 3 * 86_400 / count
        return (0..<count).map { index in
            let partner = "\(prefix)-p\(random.below(40))"
            let late = random.oneIn(12) ? random.below(40_000) : 0
            let time = instant(1_772_323_200 + max(0, index * step + random.below(step) - late))
            let fields =
                switch random.below(8) {
                case 0, 1: #""type":"partner.updated","email":"\#(partner)@example.com""#
                case 2, 3: #""type":"action.recorded","amount":"\#(random.below(60)).25""#
                case 4: #""type":"tag.assigned","tag":"vip""#
                case 5: #""type":"tag.removed","tag":"vip""#
                case 6: #""type":"tag.assigned","tag":"seen""#
                default: #""type":"email.unsubscribed""#
                }
            return
                #"{"id":"\#(prefix)-\#(index)","partner":"\#(partner)","time":"\#(time)",\#(fields)}"#
        }
    }

    /// An instant in UTC from seconds since 1970.
    static func instant(_ seconds: Int) -> String {
        var days = seconds / 86_400
        var year = 1970
        func isLeap(_ year: Int) -> Bool {
            year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        }
        while days >= (isLeap(year) ? 366 : 365) {
            days -= isLeap(year) ? 366 : 365
            year += 1
        }
        let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var month = 0
        while days >= lengths[month] {
            days -= lengths[month]
            month += 1
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = seconds % 86_400
        return "\(year)-\(two(month + 1))-\(two(days + 1))T"
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    static func text(_ lines: some Sequence<String>) -> String {
        lines.map { $0 + "\n" }.joined()
    }
}

/// A tag's assignment as a line of input.
func tag(_ id: String, _ partner: String, _ tag: String, at time: String) -> String {
    #"{"id":"\#(id)","type":"tag.assigned","partner":"\#(partner)","time":"\#(time)","tag":"\#(tag)"}"#
        + "\n"
}

/// A partner's address as a line of input.
func address(_ id: String, _ partner: String, at time: String) -> String {
    #"{"id":"\#(id)","type":"partner.updated","partner":"\#(partner)","time":"\#(time)","email":"\#(partner)@example.com"}"#
        + "\n"
}
