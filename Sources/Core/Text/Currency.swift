/// What the code of a program's currency may be (SPEC 1).
public enum Currency {
    /// What a code has to be, in words.
    public static let rule = "a code of three capitals, such as USD"

    /// Whether a program may have amounts in what has this code.
    public static func allows(_ code: String) -> Bool {
        code.utf8.count == 3 && code.utf8.allSatisfy { (65...90).contains($0) }
    }
}
