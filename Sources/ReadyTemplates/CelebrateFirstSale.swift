extension ReadyTemplate {
    static let celebrateFirstSale = ReadyTemplate(
        name: "celebrate-first-sale", title: "Celebrate a first sale",
        summary: "Congratulates on a first sale within 30 days of joining, and within 31-60 days.",
        choices: [
            Choice(
                .intervals, "days of joining: the end of the first and of the second period",
                standard: "30,60", counts: 2...2)
        ],
        make: { choices in
            let days = choices.numbers(.intervals)
            let (first, second) = (days.first ?? 0, days.last ?? 0)
            return Files(program: program(first, second), scenario: scenario(first, second))
        })

    private static func program(_ first: Int, _ second: Int) -> String {
        let early = Mail(
            "first-sale", "First sale", subject: "Your first sale!",
            .text("congratulations: your first sale is in, within \(days(first)) of joining!"),
            .text("Now you know that it works. What sold once sells again: tell us what you did."),
            .text("Any wish for your next campaign? Just answer this mail."))
        let late = Mail(
            "first-sale-late", "First sale, later", subject: "Your first sale is here!",
            .text("good things take time: your first sale is in. Congratulations!"),
            .text("Partners who got this far mostly see the second one soon after."),
            .text("If we can help with it, just answer this mail."))
        func segment(_ id: String, _ name: String, from: Int, to: Int, extra: String) -> String {
            """
              - id: \(id)
                name: \(name)
                match:
                  all:
                    - relationship_stage: { any_of: [joined] }
            \(extra)\
                    - revenue: { over: { days_after_joining: { from: \(from), to: \(to) } }, greater_than: 0 }
                    # The sale is of today or yesterday, and there was none before: who sold long
                    # before this was applied is not congratulated now, and a sale of 23:30 is not missed.
                    - revenue: { over: { last_days: 1 }, greater_than: 0 }
                    - revenue: { over: { more_than_days_ago: 1 }, equals: 0 }

            """
        }
        return program(
            "Celebrate a first sale",
            about: """
                A partner's first sale is congratulated on at the next top of the hour: one mail within
                \(days(first)) of joining, another within \(first + 1)-\(second). A sale that was taken back by then is none.
                Each mail goes to a partner once.
                """,
            mails: [early, late],
            rules: """
                segments:
                \(segment("first-sale-\(first)", "First sale within \(days(first)) of joining", from: 0, to: first, extra: ""))\
                \(segment(
                    "first-sale-\(second)", "First sale within \(first + 1)-\(second) days of joining", from: first + 1, to: second,
                    extra: "        - revenue: { over: { days_after_joining: { from: 0, to: \(first) } }, equals: 0 }\n"))
                workflows:
                  - id: celebrate-\(first)
                    name: Celebrate a first sale within \(days(first))
                    segment: first-sale-\(first)
                    do: [{ send_email: first-sale }]
                    state: active
                  - id: celebrate-\(second)
                    name: Celebrate a first sale within \(first + 1)-\(second) days
                    segment: first-sale-\(second)
                    do: [{ send_email: first-sale-late }]
                    state: active

                """)
    }

    private static func scenario(_ first: Int, _ second: Int) -> String {
        var timeline = Timeline(
            "A first sale is congratulated on once", program: "celebrate-first-sale")
        let names = ["ada", "ben", "cleo", "dora", "vera"]
        timeline.step(
            0, "09:00:00", events: names.map(Timeline.address) + names.map(Timeline.joined))
        timeline.step(
            0, "10:30:00", why: "dora's sale is taken back before the hour is over.",
            events: [
                Timeline.sale("ada", "0.01"), Timeline.sale("dora", "40"),
                "type: action.reversed, partner: dora, amount: 40",
            ],
            members: [("first-sale-\(first)", ["ada"])], sends: [])
        timeline.step(
            0, "12:00:00", events: [Timeline.sale("ada", "80")],
            sends: [Timeline.send("celebrate-\(first)", "ada", 0, "11:00:00")])
        timeline.step(
            first, "23:30:00", why: "The last half hour of the first period.",
            events: [Timeline.sale("ben", "15")],
            members: [("first-sale-\(first)", first == 1 ? ["ada", "ben"] : ["ben"])], sends: [])
        timeline.step(
            first + 1, "12:30:00", events: [Timeline.sale("cleo", "15")],
            members: [("first-sale-\(second)", ["cleo"])],
            sends: [Timeline.send("celebrate-\(first)", "ben", first + 1, "00:00:00")])
        timeline.step(
            second + 1, "12:30:00", why: "vera's comes a day late.",
            events: [Timeline.sale("vera", "15")],
            sends: [Timeline.send("celebrate-\(second)", "cleo", first + 1, "13:00:00")])
        timeline.step(
            second + 4, "00:00:00",
            members: [("first-sale-\(first)", []), ("first-sale-\(second)", [])], sends: [])
        return timeline.file
    }
}
