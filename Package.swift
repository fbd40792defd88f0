// swift-tools-version: 6.2
import PackageDescription

var settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// Tools/check sets this; elsewhere a compiler that knows a new warning must not break the build.
if Context.environment["MUSTER_WARNINGS_AS_ERRORS"] != nil {
    settings.append(.treatAllWarnings(as: .error))
}

// Only what is tested is optimized: to optimize the tests too takes longer than it saves.
let testSettings = settings + [.unsafeFlags(["-Onone"])]

let package = Package(
    name: "muster",
    products: [.executable(name: "muster", targets: ["muster"])],
    dependencies: [
        .package(
            url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CPrefetch"),
        .target(
            name: "Schemas", path: "Schemas",
            exclude: ["FORMAT.md"]
                + [
                    "acks", "audit", "definitions", "diff", "digest", "events", "explain", "export",
                    "forecast", "log", "members", "partner", "preview", "rejects", "report",
                    "restore", "runs", "scenario", "segments", "sends", "simulate", "stats",
                    "summary",
                    "templates",
                    "test", "timezone",
                ].map { "\($0).schema.json" }),
        .target(name: "Threads", swiftSettings: settings),
        .target(name: "LMDB", dependencies: ["CLMDB", "CXXHash"], swiftSettings: settings),
        .target(name: "Hashing", dependencies: ["CCrypto"], swiftSettings: settings),
        .target(name: "Core", dependencies: ["CPrefetch"], swiftSettings: settings),
        .target(name: "Engine", dependencies: ["Core"], swiftSettings: settings),
        .target(name: "Wire", dependencies: ["Core"], swiftSettings: settings),
        .target(
            name: "Feedback", dependencies: ["Core", "Wire", "Hashing"], swiftSettings: settings),
        .target(
            name: "Definitions",
            dependencies: ["Core", "Wire", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),
        .target(
            name: "Store",
            dependencies: [
                "LMDB", "Hashing", "Threads", "Core", "Engine", "Wire", "Definitions",
            ],
            swiftSettings: settings),
        .target(
            name: "Scenarios", dependencies: ["Core", "Engine", "Wire", "Definitions"],
            swiftSettings: settings),
        .target(
            name: "ReadyTemplates", dependencies: ["Core", "Wire"], swiftSettings: settings),
        .target(
            name: "Delivery",
            dependencies: [
                "CCurl", "Hashing", "Threads", "Core", "Wire",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "muster",
            dependencies: [
                "Core", "Engine", "Wire", "Definitions", "Delivery", "Feedback", "ReadyTemplates",
                "Scenarios", "Store", "Schemas", "Threads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: testSettings),
        .testTarget(
            name: "WireTests", dependencies: ["Core", "Wire"], exclude: ["json-cases.txt"],
            swiftSettings: testSettings),
        .testTarget(
            name: "FeedbackTests", dependencies: ["Core", "Wire", "Feedback", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "DefinitionsTests", dependencies: ["Core", "Definitions", "Wire"],
            swiftSettings: testSettings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "ModelTests", dependencies: ["TestSupport"], swiftSettings: testSettings),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Core", "Engine", "Wire", "Definitions", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "ScenariosTests",
            dependencies: [
                "Core", "Engine", "Wire", "Definitions", "Scenarios", "TestSupport",
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "DeliveryTests", dependencies: ["Core", "Delivery", "TestSupport"],
            exclude: ["Servers"], swiftSettings: testSettings),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "LMDB", "Core", "Engine", "Wire", "Definitions", "Store", "TestSupport",
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "SchemaTests", dependencies: ["Core", "Definitions", "Wire"],
            swiftSettings: testSettings),
        .testTarget(
            name: "CLITests", dependencies: ["muster", "LMDB"], exclude: ["Golden", "GoldenLogs"],
            swiftSettings: testSettings),
    ]
)
