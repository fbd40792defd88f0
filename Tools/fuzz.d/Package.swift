// swift-tools-version: 6.2
import PackageDescription

// The program's own sources once more, built so that libFuzzer sees which branches an input takes. A
// package of its own, because such flags would keep the program's package from being used by others.
let fuzzed: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CXXHash"),
        .systemLibrary(name: "CPrefetch"),
        .target(name: "LMDB", dependencies: ["CLMDB", "CXXHash"], swiftSettings: fuzzed),
        .target(name: "Hashing", dependencies: ["CCrypto"], swiftSettings: fuzzed),
        .target(name: "Threads", swiftSettings: fuzzed),
        .target(name: "Core", dependencies: ["CPrefetch"], swiftSettings: fuzzed),
        .target(name: "Engine", dependencies: ["Core"], swiftSettings: fuzzed),
        .target(name: "Wire", dependencies: ["Core"], swiftSettings: fuzzed),
        .target(
            name: "Feedback", dependencies: ["Core", "Wire", "Hashing"], swiftSettings: fuzzed),
        .target(
            name: "Definitions",
            dependencies: ["Core", "Wire", .product(name: "Yams", package: "Yams")],
            swiftSettings: fuzzed),
        .target(
            name: "Store",
            dependencies: [
                "LMDB", "Hashing", "Threads", "Core", "Engine", "Wire", "Definitions",
            ],
            swiftSettings: fuzzed),
        .target(
            name: "Scenarios", dependencies: ["Core", "Engine", "Wire", "Definitions"],
            swiftSettings: fuzzed),
        .target(
            name: "Delivery",
            dependencies: [
                "CCurl", "Hashing", "Threads", "Core", "Wire",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: fuzzed),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Core", "Wire", "Feedback", "Definitions", "Store", "Scenarios", "Delivery",
                "Engine",
            ],
            swiftSettings: fuzzed + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
)
