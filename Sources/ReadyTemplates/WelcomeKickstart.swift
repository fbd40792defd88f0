extension ReadyTemplate {
    static let welcomeKickstart = ReadyTemplate(
        name: "welcome-kickstart", title: "Welcome & kickstart",
        summary: "Welcomes who joins, and helps those on who sold nothing within the first days.",
        choices: [
            Choice(
                .intervals, "days after joining, for the kickstart", standard: "3", counts: 1...1)
        ],
        make: { choices in
            let day = choices.numbers(.intervals).first ?? 0
            return Files(program: program(kickstart: day), scenario: scenario(kickstart: day))
        })

    /// The welcome that several ready templates have: the same everywhere, so that applying two of
    /// them, one after the other, welcomes nobody twice.
    static let welcomeMail = Mail(
        "welcome", "Welcome to the program", subject: "Welcome to {{program.name}}",
        .text("welcome! Your application is accepted, and your account is ready."),
        .text("Take your link, share it with your audience, and watch what comes of it."),
        .text("Questions? Just answer this mail: a person reads it."))

    /// Its segment.
    static let welcomeSegment = """
          - id: just-joined
            name: Joined today or yesterday, for the first time
            # Not `today`: whoever joins after 23:00 is new "today" at no top of the hour.
            match:
              all:
                - relationship_stage: { any_of: [joined] }
                - original_joined: { last_days: 1 }

        """

    /// Its workflow.
    static let welcomeWorkflow = """
          - id: welcome
            name: Welcome on joining
            segment: just-joined
            do: [{ send_email: welcome }]
            state: active

        """

    private static func program(kickstart day: Int) -> String {
        let kickstart = Mail(
            "kickstart", "Kickstart", subject: "Ready for your first sale?",
            .text("your account is ready, and a first sale is closer than it looks. Three steps:"),
            .text("1. Pick one product that you would recommend to a friend."),
            .text("2. Tell your audience why, in your own words, and add your link."),
            .text("3. Answer the questions that come. That is where sales are made."),
            .text("Tell us if anything is missing: just answer this mail."))
        return program(
            "Welcome & kickstart",
            about: """
                Whoever joins is welcomed at the next top of the hour. Who has sold nothing after \(days(day))
                gets a mail that helps with the first steps. Both go to a partner once, also to one
                who joins again; who joined longer ago when this is applied gets neither.
                """,
            mails: [welcomeMail, kickstart],
            rules: """
                segments:
                \(welcomeSegment)\
                  - id: kickstart
                    name: Nothing sold \(days(day)) after joining
                    match:
                      all:
                        - relationship_stage: { any_of: [joined] }
                        - original_joined: { days_ago: \(window(day, before: nil)) }
                        - actions: { over: { since: original_joined }, equals: 0 }

                workflows:
                \(welcomeWorkflow)\
                  - id: kickstart
                    name: Kickstart
                    segment: kickstart
                    do: [{ send_email: kickstart }]
                    state: active

                """)
    }

    private static func scenario(kickstart day: Int) -> String {
        var timeline = Timeline(
            "Everybody is welcomed, and who sold nothing gets a kickstart",
            program: "welcome-kickstart")
        timeline.step(
            0, "15:30:00", why: "vera joined long ago, which is learned only now.",
            events: [
                Timeline.address("ada"), Timeline.address("ben"), Timeline.address("vera"),
                Timeline.joined("ada"),
                Timeline.joined("vera") + ", time: \(Timeline.instant(-400, "12:00:00"))",
            ])
        timeline.step(
            0, "23:30:00", why: "ben joins after the day's last top of the hour.",
            events: [Timeline.joined("ben"), Timeline.sale("ada", "12.50")],
            members: [("just-joined", ["ada", "ben"])],
            sends: [Timeline.send("welcome", "ada", 0, "16:00:00")])
        timeline.step(
            day + 1, "12:00:00", members: [("kickstart", ["ben"])],
            sends: [
                Timeline.send("welcome", "ben", 1, "00:00:00"),
                Timeline.send("kickstart", "ben", day, "00:00:00"),
            ])
        timeline.step(day + 10, "00:00:00", members: [("just-joined", [])], sends: [])
        return timeline.file
    }
}
