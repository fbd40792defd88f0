import ArgumentParser
import Core
import Wire

/// How results are written (SPEC 7).
enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, ndjson, csv
}

/// One value of a row.
enum Cell {
    case text([UInt8])
    case number(Int)
    /// A number in plain notation.
    case decimal(String)
    case flag(Bool)
    case instant(Instant)
    case list([Name])
    case null

    init(_ name: Name) { self = .text(name.bytes) }

    init(_ text: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(bytes: text)
        self = .text(bytes)
    }

    init(_ text: String) { self = .text(Array(text.utf8)) }

    fileprivate func appendPlain(to buffer: inout [UInt8]) {
        switch self {
        case .text(let bytes): buffer.append(contentsOf: bytes)
        case .number(let number): buffer.append(decimal: Int64(number))
        case .decimal(let text): buffer.append(contentsOf: text.utf8)
        case .flag(let flag): buffer.append(contentsOf: (flag ? "true" : "false").utf8)
        case .instant(let instant): buffer.append(timestamp: instant)
        case .list(let names):
            for (index, name) in names.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: " ")) }
                buffer.append(contentsOf: name.bytes)
            }
        case .null: break
        }
    }

    /// The value for people: controls are escaped, as what others wrote must not command a terminal.
    fileprivate func appendText(to buffer: inout [UInt8]) {
        guard case .text(let bytes) = self,
            bytes.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0xc2 })
        else { return appendPlain(to: &buffer) }
        buffer.append(contentsOf: String(decoding: bytes, as: UTF8.self).withoutControls.utf8)
    }

    func appendJSON(to buffer: inout [UInt8]) {
        switch self {
        case .text(let bytes): buffer.append(jsonString: bytes.span)
        case .instant(let instant): buffer.append(jsonInstant: instant)
        case .null: buffer.append(contentsOf: "null".utf8)
        case .list(let names):
            buffer.append(UInt8(ascii: "["))
            for (index, name) in names.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.append(jsonString: name.bytes.span)
            }
            buffer.append(UInt8(ascii: "]"))
        case .number, .decimal, .flag: appendPlain(to: &buffer)
        }
    }
}

/// Rows with named columns, as a table, NDJSON or CSV.
///
/// As text, a terminal gets an aligned table with a head, a pipe gets the plain values with a tab
/// between them. NDJSON leaves out columns that a row has no value for only where told so.
struct Rows {
    private let columns: [String]
    private let format: Format
    /// Columns that NDJSON leaves out where they are null.
    private let optionalColumns: Set<String>
    private var output: Output
    /// Rows that wait for the widths of an aligned table.
    private var table: [[[UInt8]]] = []
    private var isHeadWritten = false

    init(
        _ columns: [String], _ format: Format, optional: Set<String> = [],
        needsReader: Bool = false
    ) {
        output = Output(needsReader: needsReader)
        self.columns = columns
        self.format = format
        optionalColumns = optional
    }

    mutating func append(_ cells: [Cell]) throws {
        switch format {
        case .ndjson:
            try output.write { buffer in
                buffer.append(UInt8(ascii: "{"))
                var isFirst = true
                for (column, cell) in zip(columns, cells) {
                    if case .null = cell, optionalColumns.contains(column) { continue }
                    if !isFirst { buffer.append(UInt8(ascii: ",")) }
                    isFirst = false
                    buffer.append(jsonString: column)
                    buffer.append(UInt8(ascii: ":"))
                    cell.appendJSON(to: &buffer)
                }
                buffer.append(contentsOf: "}\n".utf8)
            }
        case .csv:
            try appendCSVHead()
            try appendCSV(cells)
        case .text where Output.isTerminal && columns.count > 1:
            table.append(
                cells.map { cell in
                    var bytes: [UInt8] = []
                    cell.appendText(to: &bytes)
                    return bytes
                })
        case .text:
            try output.write { buffer in
                for (index, cell) in cells.enumerated() {
                    if index > 0 { buffer.append(UInt8(ascii: "\t")) }
                    cell.appendText(to: &buffer)
                }
                buffer.append(UInt8(ascii: "\n"))
            }
        }
    }

    /// Appends a row of one column, as text.
    mutating func append(line: Span<UInt8>) throws {
        try output.write { buffer in
            buffer.append(bytes: line)
            buffer.append(UInt8(ascii: "\n"))
        }
    }

    /// Prints what is left.
    mutating func finish() throws {
        if format == .csv { try appendCSVHead() }
        if format == .text, Output.isTerminal, columns.count > 1 { try printTable() }
        try output.flush()
    }

    private mutating func appendCSVHead() throws {
        guard !isHeadWritten else { return }
        isHeadWritten = true
        try appendCSV(columns.map { Cell($0) })
    }

    /// One record of RFC 4180.
    private mutating func appendCSV(_ cells: [Cell]) throws {
        try output.write { buffer in
            for (index, cell) in cells.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                var plain: [UInt8] = []
                cell.appendPlain(to: &plain)
                buffer.append(csv: plain)
            }
            buffer.append(contentsOf: "\r\n".utf8)
        }
    }

    private mutating func printTable() throws {
        func width(_ bytes: [UInt8]) -> Int { String(decoding: bytes, as: UTF8.self).count }
        var widths = columns.map(\.count)
        for row in table {
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], width(cell))
            }
        }
        func line(_ cells: [[UInt8]], into buffer: inout [UInt8]) {
            for (index, cell) in cells.enumerated() {
                buffer.append(contentsOf: cell)
                guard index + 1 < cells.count else { continue }
                let gap = widths[index] - width(cell) + 2
                buffer.append(contentsOf: repeatElement(32, count: gap))
            }
            buffer.append(10)
        }
        try output.write { buffer in
            if Output.isColoured { buffer.append(contentsOf: "\u{1b}[1m".utf8) }
            line(columns.map { Array($0.utf8) }, into: &buffer)
            if Output.isColoured { buffer.append(contentsOf: "\u{1b}[0m".utf8) }
        }
        for row in table { try output.write { line(row, into: &$0) } }
        table = []
    }
}

extension [UInt8] {
    /// Appends one field of RFC 4180, in quotes where it needs them.
    mutating func append(csv field: [UInt8]) {
        guard field.contains(where: { [10, 13, 34, 44].contains($0) }) else {
            append(contentsOf: field)
            return
        }
        append(34)
        for byte in field {
            if byte == 34 { append(34) }
            append(byte)
        }
        append(34)
    }
}

extension String {
    /// The text with its control characters escaped, so that it can neither break a line nor command
    /// a terminal.
    var withoutControls: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return self
        }
        return unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.properties.generalCategory == .control {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}
