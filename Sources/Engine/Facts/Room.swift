extension Array {
    /// Makes room for more elements where there is none, a quarter more at a time: twice as much, as arrays take
    /// by themselves, stands half empty with most partners, and there are many.
    @inline(__always)
    mutating func makeRoom(for more: Int = 1) {
        if count + more > capacity { reserveCapacity(count + Swift.max(more, count / 4 + 1)) }
    }
}
