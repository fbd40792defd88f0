import Core

/// A series as windows look at it: points in order of keys, with running totals.
protocol PointSeries: ~Escapable {
    /// A point's place; places are in order of keys.
    associatedtype Place: Comparable

    /// The place of the first point.
    var start: Place { get }
    /// The place behind the last point.
    var end: Place { get }

    /// The place behind a point's.
    func place(after place: Place) -> Place

    /// The place of the first point of which the key does not pass; the test holds for some first keys and for
    /// none after them.
    func firstPlace(notPassing test: (Int64) -> Bool) -> Place

    /// The day or instant of the point at a place.
    func key(at place: Place) -> Int64

    /// The sum of all values before a place, in millionths.
    func total(before place: Place) -> Int128
}

/// A short series: its points lie behind each other.
extension Span<Activity.Point>: PointSeries {
    var start: Int { 0 }

    var end: Int { count }

    @inline(__always)
    func place(after place: Int) -> Int { place + 1 }

    @inline(__always)
    func firstPlace(notPassing test: (Int64) -> Bool) -> Int { count(while: { test($0.key) }) }

    @inline(__always)
    func key(at place: Int) -> Int64 { self[place].key }

    @inline(__always)
    func total(before place: Int) -> Int128 { place == 0 ? 0 : self[place - 1].total }
}
