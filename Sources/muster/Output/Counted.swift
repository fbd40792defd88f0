/// So many of a thing, in words: `1 line`, `2 lines`.
func counted(_ count: some BinaryInteger, _ thing: String) -> String {
    count == 1 ? "1 \(thing)" : "\(count) \(thing)s"
}
