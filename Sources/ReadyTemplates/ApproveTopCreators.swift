extension ReadyTemplate {
    static let approveTopCreators = ReadyTemplate(
        name: "approve-top-creators", title: "Approve top creators",
        summary:
            "Accepts every application of a partner with a chosen tag, and welcomes who joins by it.",
        choices: [
            Choice(.tag, "the tag that marks a top creator", standard: "top-creator")
        ],
        make: { choices in
            let tag = choices.text(.tag)
            return Files(program: program(tag), scenario: scenario(tag))
        })

    private static func program(_ tag: String) -> String {
        let welcome = Mail(
            "welcome-top-creator", "Welcome to a top creator", subject: "You are in!",
            .text(
                "your application is accepted. We have been looking forward to working with you."),
            .text("You have a person of your own here: just answer this mail, whatever it is."),
            .text("Tell us what you would like to try first, and we will prepare it for you."))
        return program(
            "Approve top creators",
            about: """
                Applications of partners with the tag \(quoted(tag)) are accepted at the next top of the hour, a
                second one too, and also where the tag comes after the application. Whoever joins by
                that is welcomed once; partners who joined two days ago or earlier are not.
                """,
            mails: [welcome],
            rules: """
                segments:
                  - id: top-creator-applications
                    name: A top creator's application waits
                    match:
                      all:
                        - tag: { any_of: [\(quoted(tag))] }
                        - contract_with: { stage: { any_of: [awaiting_advertiser_approval] } }
                  - id: top-creators-joined
                    name: Top creators who joined today or yesterday
                    # Not `today`: whoever joins after 23:00 is new "today" at no top of the hour.
                    match:
                      all:
                        - tag: { any_of: [\(quoted(tag))] }
                        - relationship_stage: { any_of: [joined] }
                        - original_joined: { last_days: 1 }

                workflows:
                  - id: accept-top-creators
                    name: Accept top creators
                    segment: top-creator-applications
                    # Mails nothing, so it acts on every entry: on a second application too.
                    do: [accept_application]
                    state: active
                  - id: welcome-top-creators
                    name: Welcome top creators
                    segment: top-creators-joined
                    do: [{ send_email: welcome-top-creator }]
                    state: active

                """)
    }

    private static func scenario(_ tag: String) -> String {
        var timeline = Timeline(
            "Top creators are accepted and welcomed, others wait", program: "approve-top-creators")
        timeline.step(
            0, "15:30:00", why: "vera joined long ago, which is learned only now.",
            events: ["ada", "ben", "vera"].map(Timeline.address) + [
                Timeline.joined("vera") + ", time: \(Timeline.instant(-400, "12:00:00"))",
                Timeline.tag("ada", tag), Timeline.tag("vera", tag),
                Timeline.application("ada", "first", term: "Premium"),
                Timeline.application("ben", "first", term: "Premium"),
            ],
            members: [("top-creator-applications", ["ada"])], sends: [])
        timeline.step(
            0, "17:30:00", members: [("top-creator-applications", [])],
            sends: [Timeline.send("welcome-top-creators", "ada", 0, "17:00:00")])
        timeline.step(
            3, "23:15:00",
            why: "The tag after the application; second applications of ada and vera.",
            events: [
                Timeline.tag("ben", tag), Timeline.application("ada", "second", term: "Basic"),
                Timeline.application("vera", "second", term: "Basic"),
            ],
            members: [("top-creator-applications", ["ada", "ben", "vera"])])
        timeline.step(
            4, "12:00:00",
            members: [("top-creator-applications", []), ("top-creators-joined", ["ben"])],
            sends: [Timeline.send("welcome-top-creators", "ben", 4, "01:00:00")])
        return timeline.file
    }
}
